/** From the grid to a file and back: to the same place, and to the file that was looked at last. */

const LEFT = "faceforge.assets.left";
const SEEN = "faceforge.assets.seen";

/** In the grid: whoever opens a file from here can come back by the history. */
export function rememberLeaving() {
  document.addEventListener("click", (event) => {
    const tile = event.target instanceof Element && event.target.closest(".tile-link");
    if (tile && !event.defaultPrevented) sessionStorage.setItem(LEFT, "1");
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) focusSeen();
  });
}

/** In the grid, when all of it is here that was here. */
export function returnToTile() {
  const [visit] = performance.getEntriesByType("navigation");
  const elsewhere = document.activeElement !== document.body; // Whoever went on to something else stays there.
  if (visit instanceof PerformanceNavigationTiming && visit.type === "back_forward" && !elsewhere) focusSeen();
}

function focusSeen() {
  const seen = sessionStorage.getItem(SEEN);
  const link = seen && document.querySelector(`[data-asset-id="${CSS.escape(seen)}"] .tile-link`);
  if (link instanceof HTMLElement) link.focus();
}

/** On a file's page: note which one it is, and how one came. */
export function noteArrival() {
  if (sessionStorage.getItem(LEFT)) history.replaceState({ ...history.state, fromGrid: true }, "");
  sessionStorage.removeItem(LEFT);
  noteSeen();
}

export function noteSeen() {
  sessionStorage.setItem(SEEN, location.pathname.split("/").at(-1) ?? "");
}

/**
 * Leave a file's page: back in the history where that is the grid, else by the link.
 * @param {HTMLAnchorElement} link
 */
export function leave(link) {
  if (history.state?.fromGrid) history.back();
  else location.assign(link.href);
}
