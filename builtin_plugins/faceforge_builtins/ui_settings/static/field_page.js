/** The form of a field: choices come and go without a reload, and a pattern is tried while it is typed. */

import { swapRegions } from "../faceforge.ui_shell/regions.js";

const PAUSE_MS = 250;

const form = document.getElementById("field");
if (form instanceof HTMLFormElement) {
  startChoices(form);
  startTrial(form);
}

/** @param {HTMLFormElement} form */
function startChoices(form) {
  const list = form.querySelector("[data-rows]");
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!list || !button || !["remove", "more-choices"].includes(button.name)) return;
    event.preventDefault();
    if (button.name === "more-choices") another(list)?.focus();
    else remove(list, button);
  });
  list?.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.isComposing) return;
    if (!(event.target instanceof HTMLInputElement) || !event.target.value) return;
    event.preventDefault();
    const next = event.target.closest("li")?.nextElementSibling?.querySelector("input");
    (next ?? another(list))?.focus();
  });
}

/** @param {Element} list */
function another(list) {
  const row = list.lastElementChild?.cloneNode(true);
  if (!(row instanceof Element)) return null;
  list.append(row);
  const input = row.querySelector("input");
  if (input) input.value = "";
  number(list);
  return input;
}

/**
 * The last one is emptied instead: there is always one to type in.
 * @param {Element} list
 * @param {HTMLButtonElement} button
 */
function remove(list, button) {
  const row = button.closest("li");
  const near = row?.nextElementSibling ?? row?.previousElementSibling;
  if (row && near) row.remove();
  const input = (near ?? row)?.querySelector("input");
  if (input && !near) input.value = "";
  number(list);
  input?.focus();
}

/** @param {Element} list */
function number(list) {
  [...list.children].forEach((row, place) => {
    const input = row.querySelector("input");
    const button = row.querySelector("button");
    if (input) input.name = `choice-${place}`;
    if (button) button.value = String(place);
    for (const one of [input, button]) {
      one?.setAttribute("aria-label", (one.getAttribute("aria-label") ?? "").replace(/\d+/, String(place + 1)));
    }
  });
}

/** @param {HTMLFormElement} form */
function startTrial(form) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  /** @type {AbortController | undefined} */
  let running;
  form.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLInputElement) || !["pattern", "sample"].includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(attempt, PAUSE_MS);
  });
  async function attempt() {
    running?.abort();
    running = new AbortController();
    const body = new URLSearchParams({ try: "1" });
    for (const name of ["pattern", "sample", "type"]) body.set(name, String(new FormData(form).get(name) ?? ""));
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: running.signal });
      if (!answer.ok) return;
      swapRegions(new DOMParser().parseFromString(await answer.text(), "text/html"), ["trial"]);
    } catch {
      // Taken back by the next letter, or Core is away: the form itself tells when it is sent.
    }
  }
}
