/** The palette: every page, what the page can do, and entities by name, under one key. */

import { create } from "./commands.js";
import { ranked } from "./fuzzy.js";
import { fetchPage } from "./regions.js";
import { t, tn } from "./texts.js";

/** @typedef {{title: string, kind: string, icon: Element | null, run: () => void}} Choice */

const PAUSE_MS = 120;
const MOST_SHOWN = 12;
const ENTITIES = 8;

/** @type {Choice[]} */
let choices = [];
/** @type {Choice[]} */
let shown = [];
let chosen = 0;
/** @type {AbortController | undefined} */
let asking;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));
const input = /** @type {HTMLInputElement | null} */ (document.getElementById("palette-input"));
const list = document.getElementById("palette-list");
const status = document.getElementById("palette-status");

export function startPalette() {
  if (!dialog || !input || !list) return;
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-palette]")) openPalette();
  });
  input.addEventListener("input", () => suggest());
  input.addEventListener("keydown", (event) => {
    if (!event.isComposing) move(event);
  });
  list.addEventListener("click", (event) => {
    const option = event.target instanceof Element && event.target.closest("[role='option']");
    if (option) run(Number(option.getAttribute("data-index")));
  });
  dialog.addEventListener("close", stopAsking);
}

export function openPalette() {
  if (!dialog || !input) return;
  if (dialog.open) {
    input.select();
    return;
  }
  for (const other of document.querySelectorAll("dialog[open]")) if (other instanceof HTMLDialogElement) other.close();
  choices = [...pagesOf(document), ...actions()];
  input.value = "";
  dialog.showModal();
  suggest();
  refreshPages();
}

/** A plugin that was switched on or off since the page was made changes what there is to go to. */
async function refreshPages() {
  try {
    const fresh = pagesOf(await fetchPage("/ui/keys"));
    const known = choices.filter(({ kind }) => kind === t("Page")).map(({ title }) => title);
    if (known.join("\n") === fresh.map(({ title }) => title).join("\n")) return;
    choices = [...fresh, ...actions()];
    if (dialog?.open) suggest({ keep: true });
  } catch {
    // What the page knew itself is still there.
  }
}

/** @param {Document} page */
function pagesOf(page) {
  return [...page.querySelectorAll("#navigation a")].flatMap((link) =>
    link instanceof HTMLAnchorElement
      ? [choice(textOf(link), t("Page"), link, () => location.assign(link.getAttribute("href") ?? "/ui"))]
      : [],
  );
}

function actions() {
  const offered = [...document.querySelectorAll("[data-command]")].filter(
    (one) => one instanceof HTMLElement && !one.matches(":disabled, [hidden] *, dialog:not([open]) *"),
  );
  const found = offered.map((one) =>
    choice(one.getAttribute("data-command") ?? "", t("Action"), one, () => /** @type {HTMLElement} */ (one).click()),
  );
  const creating = t("Create an entity");
  if (document.querySelector("#navigation a[href='/ui/entities']") && !found.some(({ title }) => title === creating)) {
    found.unshift(choice(creating, t("Action"), null, create));
  }
  return found;
}

/**
 * @param {string} title
 * @param {string} kind
 * @param {Element | null} source
 * @param {() => void} run
 * @returns {Choice}
 */
function choice(title, kind, source, run) {
  return { title, kind, icon: source?.querySelector("svg.icon") ?? null, run };
}

/** @param {{keep?: boolean}} [how] */
function suggest(how) {
  stopAsking();
  const words = input?.value.trim() ?? "";
  show(ranked(choices, words).slice(0, MOST_SHOWN), how);
  if (!words) return;
  waiting = setTimeout(() => askForEntities(words), PAUSE_MS);
}

/** @param {string} words */
async function askForEntities(words) {
  const mine = (asking = new AbortController());
  try {
    const query = new URLSearchParams({ q: words, limit: String(ENTITIES), total: "none" });
    const answer = await fetch(`/v1/entities?${query}`, { signal: mine.signal });
    if (!answer.ok) return;
    const { data } = await answer.json();
    const found = data.items.map((/** @type {{display_name: string, entity_id: string}} */ entity) =>
      choice(entity.display_name, t("Entity"), null, () => location.assign(`/ui/entities/${entity.entity_id}`)),
    );
    const all = choice(t("Search entities for “%(words)s”", { words }), t("Search"), null, () =>
      location.assign(`/ui/entities?${new URLSearchParams({ q: words })}`),
    );
    show([...ranked(choices, words).slice(0, MOST_SHOWN - ENTITIES), ...found, all], { keep: true });
  } catch {
    // Typing went on, or Core is away: pages and actions are still offered.
  }
}

function stopAsking() {
  clearTimeout(waiting);
  asking?.abort();
}

/**
 * @param {Choice[]} next
 * @param {{keep?: boolean}} [how] keep what is chosen where it still stands
 */
function show(next, { keep = false } = {}) {
  const before = keep ? shown[chosen] : undefined;
  shown = next;
  list?.replaceChildren(...shown.map(optionOf));
  if (status) {
    status.textContent = shown.length ? tn("%(num)s suggestion", "%(num)s suggestions", shown.length) : t("Nothing found");
    status.classList.toggle("visually-hidden", shown.length > 0);
  }
  choose(Math.max(0, shown.findIndex(({ title, kind }) => title === before?.title && kind === before.kind)));
}

/**
 * @param {Choice} one
 * @param {number} index
 */
function optionOf(one, index) {
  const option = document.createElement("li");
  const title = document.createElement("span");
  const kind = document.createElement("span");
  option.id = `palette-${index}`;
  option.setAttribute("role", "option");
  option.setAttribute("data-index", String(index));
  option.className = "palette-option";
  title.className = "palette-title";
  title.dir = "auto";
  title.textContent = one.title;
  kind.className = "palette-kind";
  kind.textContent = one.kind;
  if (one.icon) option.append(document.importNode(one.icon, true));
  option.append(title, kind);
  return option;
}

/** @param {number} index */
function choose(index) {
  chosen = index;
  const options = [...(list?.children ?? [])];
  for (const [place, option] of options.entries()) option.setAttribute("aria-selected", String(place === index));
  const option = options[index];
  if (option) input?.setAttribute("aria-activedescendant", option.id);
  else input?.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** @param {KeyboardEvent} event */
function move(event) {
  if (event.key === "Enter") run(chosen);
  else if (event.key === "ArrowDown") choose((chosen + 1) % Math.max(1, shown.length));
  else if (event.key === "ArrowUp") choose((chosen - 1 + shown.length) % Math.max(1, shown.length));
  else return;
  event.preventDefault();
}

/** @param {number} index */
function run(index) {
  const one = shown[index];
  if (!one) return;
  dialog?.close();
  one.run();
}

/** @param {Element} element */
function textOf(element) {
  return element.textContent?.trim() ?? "";
}
