/** Filters of the list that act at once. The address always says what is shown. */

import { carry } from "../faceforge.ui_shell/listing.js";
import { fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";
import { notify } from "../faceforge.ui_shell/notices.js";
import { t } from "../faceforge.ui_shell/texts.js";

const REGIONS = ["states", "filters", "results"];

/** @type {AbortController | undefined} */
let running;
/** Where the list is going, until it is there. @type {URL | undefined} */
let wished;

export function startFilters() {
  document.getElementById("filters")?.addEventListener("change", (event) => {
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const address = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (value) address.searchParams.set(name, String(value));
    show(withWished(address, ["status"]), {});
  });
  document.addEventListener("click", (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element && event.target.closest("#states a");
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    show(withWished(new URL(link.href), ["type", "background"]), {});
  });
  addEventListener("popstate", () => show(new URL(location.href), { visited: true }));
  // Whoever opens a job before the list has answered comes back to what they asked for.
  addEventListener("pagehide", () => {
    if (wished) history.replaceState(history.state, "", wished);
  });
}

/**
 * A filter knows the list that is shown; what is on its way instead has the others.
 * @param {URL} address
 * @param {string[]} others
 */
function withWished(address, others) {
  if (wished) for (const name of others) carry(address, name, wished);
  return address;
}

/**
 * Show the list at an address; the newest wish wins.
 * @param {URL} address
 * @param {{visited?: boolean}} how
 */
async function show(address, how) {
  running?.abort();
  const mine = (running = new AbortController());
  wished = address;
  document.getElementById("results")?.setAttribute("aria-busy", "true");
  try {
    const page = await fetchPage(address, mine.signal);
    const back = focusPlace();
    swapRegions(page, REGIONS);
    adoptState(page);
    wished = undefined;
    back?.();
    if (!how.visited && address.href !== location.href) history.pushState(null, "", address);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    wished = undefined;
    notify(t("The list could not be loaded. Is FaceForge Core still running?"));
  }
  document.getElementById("results")?.removeAttribute("aria-busy");
}

/**
 * Whether anything runs, as a fresh page says it.
 * @param {Document} page
 */
export function adoptState(page) {
  const [here, there] = [document, page].map((from) => from.getElementById("results"));
  if (here && there) here.dataset.live = there.dataset.live;
}

/** A way back to the control that has the focus, once its region is filled anew. */
function focusPlace() {
  const focused = document.activeElement;
  const region = focused?.closest("#states, #filters");
  if (!focused || !region) return undefined;
  const controls = () => [...region.querySelectorAll("a, select, input:not([type=hidden])")];
  const place = controls().indexOf(focused);
  return () => {
    const same = controls()[place];
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  };
}
