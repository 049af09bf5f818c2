/** Looking through the folders of the computer that Core runs on; the one that is open is the one to import. */

import { t, tn } from "../faceforge.ui_shell/texts.js";

const TYPED_MS = 500;
const UNITS = ["kB", "MB", "GB", "TB", "PB"];

/**
 * @typedef {{name: string, path: string, importable: boolean, reason: string | null}} Folder
 * @typedef {{path: string | null, parent: string | null, importable: boolean, reason: string | null,
 *   folders: Folder[], more?: boolean, files: number, bytes: number}} Listing
 */

/** @type {AbortController | undefined} */
let running;
/** @type {Listing | undefined} */
let open;

export function startFolders() {
  const field = document.getElementById("path");
  const box = document.getElementById("folders");
  if (!(field instanceof HTMLInputElement) || !box) return;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typed;
  const choose = (/** @type {string} */ path) => {
    clearTimeout(typed);
    field.value = path; // Whoever goes on before the folder is listed means this one.
    look(path, { chosen: true });
  };
  field.addEventListener("input", () => {
    clearTimeout(typed);
    running?.abort(); // Its answer would write over what is typed now.
    typed = setTimeout(() => look(field.value.trim(), { typed: true }), TYPED_MS);
  });
  box.addEventListener("click", (event) => {
    if (event.detail > 1) return; // The second click of two would open whatever lies there by then.
    const folder = event.target instanceof Element && event.target.closest(".folder");
    if (folder instanceof HTMLElement) choose(folder.dataset.path ?? "");
  });
  box.addEventListener("keydown", moveFocus);
  document.getElementById("folders-up")?.addEventListener("click", () => choose(open?.parent ?? ""));
  look(field.value.trim(), { typed: field.value.trim() !== "" });
}

/**
 * Look into a folder; without a path, at the places to start from. What was chosen goes into the field as Core calls it,
 * what was typed there stays as it is. Returns whether nobody wished to look at something else meanwhile.
 * @param {string} path
 * @param {{typed?: boolean, chosen?: boolean}} how
 */
async function look(path, how) {
  running?.abort();
  const mine = (running = new AbortController());
  const box = document.getElementById("folders");
  box?.setAttribute("aria-busy", "true");
  try {
    const query = path ? `?${new URLSearchParams({ path })}` : "";
    const answer = await fetch(`/v1/assets/bulk-import/folders${query}`, { signal: mine.signal });
    const said = await answer.json();
    if (answer.ok) show(said.data, how);
    else {
      if (!open && !(await look("", {}))) return false;
      refuse(said.error?.message ?? t("This folder can't be looked into."));
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return false;
    refuse(t("FaceForge Core did not answer. Check that it is running, then try again."));
  }
  box?.removeAttribute("aria-busy");
  return true;
}

/**
 * @param {Listing} listing
 * @param {{chosen?: boolean}} how
 */
function show(listing, how) {
  open = listing;
  const field = document.getElementById("path");
  if (how.chosen && field instanceof HTMLInputElement) field.value = listing.path ?? "";
  document.getElementById("folders")?.removeAttribute("hidden");
  const up = document.getElementById("folders-up");
  if (up) up.hidden = listing.path === null;
  fill("folders-path", listing.path ?? t("Where are the files?"));
  const list = document.getElementById("folders-list");
  const focused = list?.contains(document.activeElement);
  list?.replaceChildren(...listing.folders.map(buttonOf));
  if (list) list.scrollTop = 0;
  fill("folders-foot", footOf(listing));
  const closed = listing.path !== null && !listing.importable;
  document.getElementById("folders-foot")?.classList.toggle("is-problem", closed);
  if (focused) (list?.querySelector("button") ?? up)?.focus();
}

/** @param {Folder} folder */
function buttonOf(folder) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("folder"));
  const item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const button = /** @type {HTMLElement} */ (item.querySelector("button"));
  button.dataset.path = folder.path;
  button.classList.toggle("is-closed", !folder.importable);
  button.title = folder.reason ?? folder.path;
  const name = item.querySelector(".folder-name");
  if (name) name.textContent = folder.name;
  return item;
}

/** @param {Listing} listing */
function footOf(listing) {
  if (listing.path === null) return "";
  if (!listing.importable) return listing.reason ? `${listing.reason}.` : t("This folder can't be imported.");
  const files = tn("%(num)s file right here", "%(num)s files right here", listing.files);
  const folders = listing.more
    ? tn("more than %(num)s folder", "more than %(num)s folders", listing.folders.length)
    : tn("%(num)s folder", "%(num)s folders", listing.folders.length);
  return listing.files ? `${files} (${size(listing.bytes)}) · ${folders}` : `${files} · ${folders}`;
}

/** @param {string} sentence */
function refuse(sentence) {
  fill("folders-foot", sentence);
  document.getElementById("folders")?.removeAttribute("hidden");
  document.getElementById("folders-foot")?.classList.add("is-problem");
}

/**
 * Arrow keys go through the folders.
 * @param {KeyboardEvent} event
 */
function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const buttons = [...document.querySelectorAll("#folders-list button")];
  const place = buttons.indexOf(/** @type {Element} */ (document.activeElement));
  if (!step || place < 0) return;
  event.preventDefault();
  const next = buttons[place + step];
  if (next instanceof HTMLElement) next.focus();
}

/**
 * @param {string} id
 * @param {string} text
 */
function fill(id, text) {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}

/**
 * Bytes as the server writes them.
 * @param {number} bytes
 */
function size(bytes) {
  if (bytes < 1000) return tn("%(num)s byte", "%(num)s bytes", bytes);
  let power = 1;
  while (bytes / 1000 ** power >= 999.5 && power < UNITS.length) power += 1;
  const value = bytes / 1000 ** power;
  const shown = value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${shown.toLocaleString(document.documentElement.lang)} ${UNITS[power - 1]}`;
}
