/** The keys of the pages: one list of them, which the help shows, and what pressing them does. */

import { create, press } from "./commands.js";
import { openPalette } from "./palette.js";
import { t } from "./texts.js";

/**
 * `keys` are pressed one after the other, such as `["g", "e"]`; `run` returns false where there is nothing to do.
 * Without `run` the page listens itself, and the entry is for the help.
 * @typedef {{keys: string[], does: string, group?: string, run?: () => boolean | void}} Shortcut
 */

const SEQUENCE_MS = 1500;
const SWITCH = "faceforge.single-keys";
const command = navigator.platform.startsWith("Mac") ? "⌘" : t("Ctrl");
const PAGES = [
  ["o", "/ui/overview", t("Go to the overview")],
  ["e", "/ui/entities", t("Go to the entities")],
  ["a", "/ui/assets", t("Go to the assets")],
  ["j", "/ui/jobs", t("Go to the jobs")],
  ["p", "/ui/plugins", t("Go to the plugins")],
  ["s", "/ui/settings", t("Go to the settings")],
].filter(([, path]) => document.querySelector(`#navigation a[href="${path}"]`));

/** @type {Shortcut[]} */
const shortcuts = [
  { keys: ["/"], does: t("Search"), run: search },
  { keys: [`${command} K`], does: t("Go to a page, an entity or an action") },
  { keys: ["?"], does: t("Show this list"), run: () => press("[data-dialog='keys']") },
  { keys: ["c"], does: t("Create an entity"), run: create },
  ...PAGES.map(([letter, path, does]) => ({
    keys: ["g", letter],
    does,
    group: t("Go to"),
    run: () => press(`#navigation a[href="${path}"]`),
  })),
];

/** Called with the list whenever it grew. @type {((all: Shortcut[]) => void)[]} */
const listeners = [];
/** @type {string[]} */
let pressed = [];
let pressedAt = 0;

/**
 * Add what a page does by keys; give its entries one `group`.
 * @param {Shortcut[]} more
 */
export function addShortcuts(more) {
  shortcuts.push(...more);
  for (const listener of listeners) listener(shortcuts);
}

/** @param {(all: Shortcut[]) => void} listener called at once, and whenever there are more */
export function watchShortcuts(listener) {
  listeners.push(listener);
  listener(shortcuts);
}

/** Whether keys without Ctrl or ⌘ do anything: who dictates or has a tremor switches them off (WCAG 2.1.4). */
export function singleKeys() {
  return localStorage.getItem(SWITCH) !== "off";
}

/** @param {boolean} on */
export function switchSingleKeys(on) {
  if (on) localStorage.removeItem(SWITCH);
  else localStorage.setItem(SWITCH, "off");
}

export function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "k" || event.shiftKey) return;
      event.preventDefault();
      openPalette();
    } else if (singleKeys() && !typing(event.target) && !document.querySelector("dialog[open]")) {
      follow(event);
    }
  });
}

/** @param {KeyboardEvent} event */
function follow(event) {
  if (event.key.length !== 1) return;
  const now = event.timeStamp; // when it was pressed, however busy the page was since
  const keys = [...(now - pressedAt < SEQUENCE_MS ? pressed : []), event.key];
  const found = shortcuts.find(({ run, keys: wanted }) => run && wanted.join(" ") === keys.join(" "));
  pressed = found || keys.length > 1 ? [] : keys;
  pressedAt = now;
  if (found?.run && found.run() !== false) event.preventDefault();
}

/** The page's own search field, else that of the top line. */
function search() {
  const fields = [...document.querySelectorAll("main input[type='search'], .topline input[type='search']")];
  const field = fields.reverse().find((one) => one.checkVisibility({ visibilityProperty: true }));
  if (!(field instanceof HTMLInputElement)) return false;
  field.focus();
  field.select();
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
