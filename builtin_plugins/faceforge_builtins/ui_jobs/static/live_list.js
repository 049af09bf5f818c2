/** The list kept up to date: asked for often while something runs, seldom while nothing does, not while hidden. */

import { edition, fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";
import { adoptState } from "./filters.js";

const WHILE_BUSY_MS = 1500;
const WHILE_IDLE_MS = 6000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;
/** @type {AbortController | undefined} */
let running;

export function startLiveList() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(next);
    else look();
  });
  plan();
}

function plan() {
  clearTimeout(next);
  const live = document.getElementById("results")?.dataset.live;
  if (!document.hidden) next = setTimeout(look, live === "busy" ? WHILE_BUSY_MS : WHILE_IDLE_MS);
}

async function look() {
  clearTimeout(next);
  const results = document.getElementById("results");
  running?.abort(); // Two looks may be answered in another order than they were asked for.
  const mine = (running = new AbortController());
  const before = edition;
  if (results?.dataset.live !== "no" && results?.getAttribute("aria-busy") !== "true") {
    try {
      const page = await fetchPage(location.href, mine.signal);
      if (edition === before && results?.getAttribute("aria-busy") !== "true") adopt(page);
    } catch {
      if (mine !== running) return;
      // Core is away for a moment; the next look tells.
    }
  }
  plan();
}

/** @param {Document} page */
function adopt(page) {
  const [here, there] = [document, page].map((from) => from.getElementById("job-list"));
  if (here && there) mendList(here, there);
  else if (here || there) swapRegions(page, ["results"]);
  for (const id of ["states", "hidden"]) {
    const [old, fresh] = [document, page].map((from) => from.getElementById(id));
    if (old && fresh && !old.isEqualNode(fresh) && !old.contains(document.activeElement)) {
      swapRegions(page, [id]);
    }
  }
  adoptState(page);
}

/**
 * Bring the rows to what a fresh list says: those that did not change stay as they are, with focus and selection.
 * @param {HTMLElement} here
 * @param {HTMLElement} there
 */
function mendList(here, there) {
  const known = new Map(rows(here).map((row) => [row.dataset.job, row]));
  const fresh = rows(there).map((row) => {
    const old = known.get(row.dataset.job);
    if (!old) return document.adoptNode(row);
    if (!old.isEqualNode(row)) mendRow(old, row);
    return old;
  });
  for (const row of rows(here)) if (!fresh.includes(row)) row.remove();
  fresh.forEach((row, place) => {
    // What stands where it belongs is not touched: taken out and put back, it would lose the focus.
    if (here.children[place] !== row) here.insertBefore(row, here.children[place] ?? null);
  });
}

/**
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function mendRow(old, fresh) {
  const focused = old.contains(document.activeElement);
  old.className = fresh.className;
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
  if (focused) old.querySelector("a")?.focus({ preventScroll: true });
}

/** @param {HTMLElement} list */
function rows(list) {
  return /** @type {HTMLElement[]} */ ([...list.children]);
}
