/** The ring in the top line: the jobs that run now, and how far they are. */

import { t, tn } from "./texts.js";

const WHILE_RUNNING_MS = 2000;
const WHILE_QUIET_MS = 10_000;
const FAILED_MS = 30_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

export function startRunning() {
  const ring = document.getElementById("running");
  if (!ring) return;
  // Nobody looks at a hidden page, so it asks for nothing.
  document.addEventListener("visibilitychange", () => look(ring));
  look(ring);
}

/** @param {HTMLElement} ring */
async function look(ring) {
  clearTimeout(next);
  if (document.hidden) return;
  let pause = FAILED_MS;
  try {
    const answer = await fetch("/v1/jobs?status=running&background=false&limit=100&total=none");
    if (answer.status === 401) return; // signed out meanwhile; the next page says so
    if (answer.ok) {
      const { data } = await answer.json();
      show(ring, data.items);
      pause = data.items.length ? WHILE_RUNNING_MS : WHILE_QUIET_MS;
    }
  } catch {
    show(ring, []); // Core is away; whatever the reader does next tells them.
  }
  clearTimeout(next);
  next = setTimeout(() => look(ring), pause);
}

/**
 * @param {HTMLElement} ring
 * @param {{progress_percent: number | null}[]} jobs
 */
function show(ring, jobs) {
  ring.classList.toggle("idle", jobs.length === 0);
  if (!jobs.length) return;
  const done = jobs.reduce((sum, { progress_percent: percent }) => sum + (percent ?? 0), 0) / jobs.length;
  ring.querySelector("circle:last-of-type")?.setAttribute("stroke-dasharray", `${Math.max(done, 4)} 100`);
  const words = tn("%(num)s job", "%(num)s jobs", jobs.length);
  const text = ring.querySelector(".running-text");
  if (text) text.textContent = words;
  const whole = t("Running: %(jobs)s, %(percent)s %", { jobs: words, percent: Math.floor(done) });
  ring.title = whole;
  ring.setAttribute("aria-label", whole);
}
