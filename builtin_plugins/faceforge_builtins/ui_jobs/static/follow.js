/** A job followed by Server-Sent Events: its progress, the lines of its log, and its end. */

import { fetchPage, swapChanged } from "../faceforge.ui_shell/regions.js";

const AGAIN_MS = 2000;
const REGIONS = ["job-head", "job-status", "job-run", "job-outcome"];

/**
 * @typedef {{status: string, progress_percent: number | null, progress_step: string | null,
 *   cancel_requested_at: string | null, finished_at: string | null}} Job
 */

/** @param {{add: (line: import("./log.js").LogLine) => void, last: number} | undefined} log */
export function startFollowing(log) {
  const article = document.getElementById("job");
  if (!article || article.dataset.ended === "yes") return;
  document.getElementById("log-more")?.remove(); // All that is left comes by itself.
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  /** @type {string | undefined} */
  let shown;
  /** @type {Job} */
  let latest;
  /** Each state waits for the page of the one before: the last one told is the last one shown. */
  let refreshed = Promise.resolve(true);
  const follow = () => {
    source = new EventSource(`/v1/jobs/${article.dataset.job}/events?after_id=${log?.last ?? 0}`);
    source.addEventListener("log", (event) => {
      log?.add(JSON.parse(event.data));
    });
    source.addEventListener("job", async (event) => {
      const job = (latest = /** @type {Job} */ (JSON.parse(event.data)));
      const state = `${job.status} ${job.cancel_requested_at ?? ""}`;
      if (state !== shown) {
        shown = state;
        refreshed = refreshed.then(refresh);
        if (!(await refreshed)) followAnew();
        else if (job.finished_at) source.close();
      }
      showProgress(latest);
    });
    // A browser comes again by itself when a connection breaks, but never after an answer that refuses it.
    source.addEventListener("error", ({ target }) => {
      if (target !== source || source.readyState !== EventSource.CLOSED) return;
      refreshed = refreshed.then(refresh); // Whoever is signed out is led to where they sign in.
      followAnew();
    });
  };
  // A stream tells the state at first, which is shown then.
  const followAnew = () => {
    source.close();
    shown = undefined;
    clearTimeout(again);
    again = setTimeout(follow, AGAIN_MS);
  };
  follow();
  addEventListener("pagehide", () => {
    clearTimeout(again);
    source.close();
  });
  // Back from the browser's memory of pages, nothing is followed any more.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

/** @param {Job} job */
function showProgress(job) {
  const percent = Math.min(Math.max(job.progress_percent ?? 0, 0), 100);
  const bar = document.querySelector("#job-run progress");
  if (bar instanceof HTMLProgressElement) bar.value = percent;
  const words = document.querySelector("#job-run .job-percent");
  if (words) words.textContent = `${Math.floor(percent)} %`;
  const step = document.getElementById("job-step");
  if (step && step.textContent !== (job.progress_step ?? "")) step.textContent = job.progress_step ?? "";
}

/** What the page says of a job in another state is rendered by the server. Returns whether it answered. */
async function refresh() {
  try {
    const page = await fetchPage(location.href);
    const head = document.getElementById("job-head");
    const focused = head?.contains(document.activeElement);
    swapChanged(page, REGIONS);
    for (const id of ["job-head", "job"]) {
      const [here, there] = [document, page].map((from) => from.getElementById(id));
      if (here && there) here.className = there.className;
      if (here && there?.dataset.ended) here.dataset.ended = there.dataset.ended;
    }
    // The button that was pressed is gone with the state that had it.
    if (focused && !head?.contains(document.activeElement)) head?.querySelector("h1")?.focus({ preventScroll: true });
    return true;
  } catch {
    return false;
  }
}
