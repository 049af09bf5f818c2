/** Choosing many: a click on a box, shift-click for a stretch, Ctrl-A for all that is loaded, Escape for none. */

import { tn } from "./texts.js";

/** Where a stretch begins. @type {HTMLInputElement | undefined} */
let anchor;

export function startSelection() {
  document.addEventListener("click", choose);
  document.addEventListener("change", tell);
  document.addEventListener("reset", () => setTimeout(tell));
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && boxes().length) {
      event.preventDefault();
      for (const box of boxes()) box.checked = true;
      tell();
    } else if (event.key === "Escape" && chosen().length) {
      clear();
    }
  });
  document.addEventListener("formdata", (event) => {
    if (!(event.target instanceof HTMLFormElement) || event.target.id !== "bulk") return;
    // One field for all: a form may not have thousands.
    event.formData.delete("id");
    event.formData.set("ids", chosen().map((box) => box.value).join(" "));
  });
  tell();
}

/** What was chosen, by id; for lists that are filled anew. */
export function keepSelection() {
  const ids = new Set(chosen().map((box) => box.value));
  return () => {
    for (const box of boxes()) box.checked = ids.has(box.value);
    tell();
  };
}

/** @param {MouseEvent} event */
function choose(event) {
  if (!(event.target instanceof Element)) return;
  const box = boxAt(event.target);
  if (!box) return;
  const link = event.target.closest("a");
  // With a selection begun, the whole card chooses; a click with Ctrl or the middle button still opens a tab.
  if (link && !(event.shiftKey && chosen().length)) return;
  if (event.target !== box) {
    if (!link) return;
    event.preventDefault();
    box.checked = !box.checked;
  }
  if (event.shiftKey && anchor?.isConnected) stretch(anchor, box);
  anchor = box;
  getSelection()?.removeAllRanges();
  tell();
}

/** @param {Element} target */
function boxAt(target) {
  const box = target.closest("[data-selectable]")?.querySelector(".select-box");
  return box instanceof HTMLInputElement ? box : undefined;
}

/**
 * @param {HTMLInputElement} from
 * @param {HTMLInputElement} to
 */
function stretch(from, to) {
  const all = boxes();
  const [start, end] = [all.indexOf(from), all.indexOf(to)].sort((one, other) => one - other);
  for (const box of all.slice(start, end + 1)) box.checked = to.checked;
}

function clear() {
  for (const box of chosen()) box.checked = false;
  const all = document.querySelector("#bulk [name=all]");
  if (all instanceof HTMLInputElement) all.checked = false;
  tell();
}

function tell() {
  const count = chosen().length;
  const words = document.querySelector("[data-selected]");
  const all = document.querySelector("#bulk [name=all]:checked")?.closest("label")?.textContent?.trim();
  const said = all ?? (count ? tn("%(num)s selected", "%(num)s selected", count) : "");
  if (words && words.textContent !== said) words.textContent = said;
  for (const box of boxes()) box.closest("[data-selectable]")?.classList.toggle("selected", box.checked);
}

/** @returns {HTMLInputElement[]} */
function boxes() {
  return [...document.querySelectorAll(".select-box")].filter((one) => one instanceof HTMLInputElement);
}

function chosen() {
  return boxes().filter((box) => box.checked);
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && target.matches("input:not(.select-box, [type=checkbox]), textarea, select");
}
