/** Lists that are put in order: by dragging a row at its grip, or with the buttons of a row. */

import { optimistically } from "../faceforge.ui_shell/notices.js";
import { t } from "../faceforge.ui_shell/texts.js";

/** Orders are saved one after the other: of two at once, the older could be the one that stays. */
let saved = Promise.resolve();

export function startArranging() {
  for (const list of document.querySelectorAll("[data-arrange]")) {
    if (list instanceof HTMLElement) startList(list);
  }
}

/** @param {HTMLElement} list */
function startList(list) {
  /** @type {HTMLElement | null} */
  let dragged = null;
  /** @type {HTMLElement[]} */
  let before = [];
  list.addEventListener("dragstart", (event) => {
    dragged = event.target instanceof Element ? event.target.closest("li") : null;
    if (!dragged || !event.dataTransfer) return;
    before = rows(list);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector("a")?.textContent ?? "");
    event.dataTransfer.setDragImage(dragged, 0, 0);
    dragged.classList.add("is-dragged");
  });
  list.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const over = event.target instanceof Element ? event.target.closest("li") : null;
    if (!over || over === dragged || over.parentElement !== list) return;
    const box = over.getBoundingClientRect();
    const behind = event.clientY > box.top + box.height / 2;
    list.insertBefore(dragged, behind ? over.nextElementSibling : over);
  });
  list.addEventListener("drop", (event) => {
    if (dragged) event.preventDefault();
  });
  list.addEventListener("dragend", (event) => {
    const row = dragged;
    dragged?.classList.remove("is-dragged");
    dragged = null;
    const now = rows(list);
    if (!row || now.every((one, place) => one === before[place])) return;
    if (event.dataTransfer?.dropEffect === "none") put(list, before);
    else send(list, row, before);
  });
  list.closest("form")?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || !["up", "down"].includes(button.name)) return;
    event.preventDefault();
    step(list, button);
  });
}

/**
 * One place up or down, with the focus where it was.
 * @param {HTMLElement} list
 * @param {HTMLButtonElement} button
 */
function step(list, button) {
  const row = button.closest("li");
  const neighbour = button.name === "up" ? row?.previousElementSibling : row?.nextElementSibling;
  if (!row || !neighbour) return;
  const before = rows(list);
  if (button.name === "up") list.insertBefore(row, neighbour);
  else list.insertBefore(neighbour, row);
  send(list, row, before);
  // At an end the button that was pressed can't be pressed again: the other one takes the focus.
  const free = button.disabled ? row.querySelector("button:enabled") : button;
  if (free instanceof HTMLElement) free.focus();
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {HTMLElement[]} before
 */
function send(list, row, before) {
  const form = /** @type {HTMLFormElement} */ (list.closest("form"));
  optimistically({
    apply: () => {
      markEnds(list);
      say(list, row);
      return () => put(list, before);
    },
    send: () => (saved = saved.catch(() => {}).then(() => save(list, form))),
  });
}

/**
 * @param {HTMLElement} list
 * @param {HTMLFormElement} form
 */
async function save(list, form) {
  const body = new URLSearchParams(rows(list).map((one) => ["ids", one.dataset.id ?? ""]));
  const answer = await fetch(form.action, { method: "POST", body });
  if (!answer.ok) throw new Error(t("The order could not be saved. Reload the page and try again."));
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} order
 */
function put(list, order) {
  list.append(...order);
  markEnds(list);
}

/** @param {HTMLElement} list */
function markEnds(list) {
  const all = rows(list);
  all.forEach((row, place) => {
    const [up, down] = ["up", "down"].map((name) => row.querySelector(`button[name='${name}']`));
    if (up instanceof HTMLButtonElement) up.disabled = place === 0;
    if (down instanceof HTMLButtonElement) down.disabled = place === all.length - 1;
  });
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 */
function say(list, row) {
  const place = document.getElementById("arranged");
  const name = row.querySelector("a")?.textContent ?? "";
  const all = rows(list);
  const values = { name, number: all.indexOf(row) + 1, count: all.length };
  if (place) place.textContent = t("%(name)s is number %(number)s of %(count)s.", values);
}

/** @param {HTMLElement} list */
function rows(list) {
  return /** @type {HTMLElement[]} */ ([...list.children]);
}
