/** The form of a field: choices come and go without a reload, and a pattern is tried while it is typed. */

import { swapRegions } from "../faceforge.ui_shell/regions.js";
import { startRows } from "./rows.js";

const PAUSE_MS = 250;

const form = document.getElementById("field");
if (form instanceof HTMLFormElement) {
  startRows(form, "more-choices");
  startTrial(form);
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
