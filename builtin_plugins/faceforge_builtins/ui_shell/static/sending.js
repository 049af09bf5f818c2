/** Forms that lead to another page: sent once, however often an impatient hand presses. */

const PATIENCE_MS = 10_000;

/** @type {WeakMap<HTMLFormElement, {by: HTMLElement | null, at: number}>} */
let sent = new WeakMap();

export function startSending() {
  // On the window, behind everything of the page that takes a form over.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
    const before = sent.get(form);
    // Whoever stopped the browser may try again after a while, and at once with something else.
    if (before?.by === event.submitter && event.timeStamp - before.at < PATIENCE_MS) event.preventDefault();
    else sent.set(form, { by: event.submitter, at: event.timeStamp });
  });
  addEventListener("input", ({ target }) => {
    if (target instanceof Element && target.closest("form")) sent.delete(/** @type {HTMLFormElement} */ (target.closest("form")));
  });
  addEventListener("pageshow", () => (sent = new WeakMap()));
}
