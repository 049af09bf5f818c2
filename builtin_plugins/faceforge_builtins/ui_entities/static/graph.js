/** The graph: arrow keys walk from face to face, and its reach changes without leaving the page. */

import { notify } from "../faceforge.ui_shell/notices.js";
import { edition, fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";
import { t } from "../faceforge.ui_shell/texts.js";

/** @type {Record<string, [number, number]>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @type {AbortController | undefined} */
let running;

export function startGraph() {
  document.addEventListener("keydown", (event) => {
    const node = event.target instanceof Element && event.target.closest(".graph-node");
    const direction = DIRECTIONS[event.key];
    if (!node || !direction || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = nearest(node, direction);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-depth]");
    if (!(link instanceof HTMLAnchorElement) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    reach(link);
  });
  center();
}

/** @param {HTMLAnchorElement} link */
async function reach(link) {
  const [address, words] = [link.href, link.textContent];
  running?.abort();
  running = new AbortController();
  const before = edition;
  try {
    const page = await fetchPage(address, running.signal);
    if (edition !== before) return reach(link); // Whoever was removed or added meanwhile may not be on it.
    const focused = document.activeElement;
    const stayed = focused === document.body || focused?.closest("#graph");
    swapRegions(page, ["graph"]);
    const same = stayed && [...document.querySelectorAll("a[data-depth]")].find((one) => one.textContent === words);
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
    center();
  } catch (error) {
    if (!(error instanceof DOMException)) notify(t("The graph could not be loaded. Is FaceForge Core still running?"));
  }
}

/** A drawing that is wider than the page begins in its middle. */
export function center() {
  for (const frame of document.querySelectorAll(".graph")) {
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
    frame.scrollTop = (frame.scrollHeight - frame.clientHeight) / 2;
  }
}

/**
 * The face that lies nearest in a direction; what lies aside counts as further away.
 * @param {Element} node
 * @param {[number, number]} direction
 * @returns {SVGAElement | undefined}
 */
function nearest(node, [right, down]) {
  const from = place(node);
  let [best, shortest] = [undefined, Infinity];
  for (const other of node.parentElement?.querySelectorAll(".graph-node") ?? []) {
    const [x, y] = place(other).map((value, axis) => value - from[axis]);
    const [ahead, aside] = [x * right + y * down, Math.abs(x * down) + Math.abs(y * right)];
    if (ahead <= 1 || ahead < aside / 2 || ahead + 2 * aside >= shortest) continue;
    [best, shortest] = [/** @type {any} */ (other), ahead + 2 * aside];
  }
  return best;
}

/** @param {Element} node */
function place(node) {
  return [Number(node.getAttribute("data-x")), Number(node.getAttribute("data-y"))];
}
