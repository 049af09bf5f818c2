/**
 * A list that is searched while typing and filtered without a reload; the address always says what is shown.
 *
 * The page has `form#filters` with a field `q` and a choice `sort`, and `#results` with its own address in
 * `data-address`; forms of menus are `[data-filter-form]`.
 */

import { fetchPage, swapRegions } from "./regions.js";
import { notify } from "./notices.js";
import { t } from "./texts.js";
import { keepSelection } from "./selection.js";

const PAUSE_MS = 180;

/**
 * `path` is its address, `regions` the ids of what changes, `sort` the order that goes without saying; `changed` is
 * called when the list became another one.
 * @typedef {{path: string, regions: string[], sort: string, changed?: () => void}} List
 */

/** @type {List} */
let list = { path: "", regions: [], sort: "" };
/** @type {AbortController | undefined} */
let running;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {List} of */
export function startListing(of) {
  list = of;
  const form = document.getElementById("filters");
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    const typed = event.target instanceof HTMLInputElement;
    waiting = setTimeout(() => show(addressOf(form), { replace: typed }), typed ? PAUSE_MS : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    show(addressOf(form), {});
  });
  document.addEventListener("click", followFilter);
  document.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-filter-form]")) return;
    event.preventDefault();
    event.target.closest("details")?.removeAttribute("open");
    show(addressOf(event.target), { focus: event.target.closest("details")?.querySelector("summary") ?? undefined });
  });
  const field = form.elements.namedItem("q");
  if (field instanceof HTMLInputElement && field.value !== field.defaultValue) {
    show(addressOf(form), { replace: true }); // Typed before this script was there.
  }
  addEventListener("popstate", () => show(new URL(location.href), { visited: true }));
}

/**
 * A click on a tag, a view or a column changes the list in place.
 * @param {MouseEvent} event
 */
function followFilter(event) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element && event.target.closest("a");
  if (!link || link.matches("[data-more], [data-dialog], [download]")) return;
  const address = new URL(link.href);
  if (address.origin !== location.origin || address.pathname !== list.path || link.closest(".sidebar")) return;
  event.preventDefault();
  show(address, { focus: link });
}

/**
 * The form's address, without what is not said.
 * @param {HTMLFormElement} form
 */
function addressOf(form) {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    const text = String(value).trim();
    if (text && !(name === "sort" && text === list.sort)) address.searchParams.append(name, text);
  }
  return address;
}

/**
 * Show the list at an address; the newest wish wins.
 * @param {URL} address
 * @param {{replace?: boolean, visited?: boolean, focus?: HTMLElement}} how
 */
async function show(address, how) {
  running?.abort();
  const mine = (running = new AbortController());
  document.getElementById("results")?.setAttribute("aria-busy", "true");
  try {
    const page = await fetchPage(address, mine.signal);
    const label = how.focus?.getAttribute("aria-label") ?? how.focus?.textContent?.trim();
    const region = how.focus?.closest("[id]")?.id;
    const canonical = new URL(page.getElementById("results")?.dataset.address ?? address.href, location.href);
    const restore = keepSelection();
    if (how.focus || how.visited) adoptForm(page);
    swapRegions(page, list.regions);
    restore();
    list.changed?.();
    if (region && label) refocus(region, label);
    if (!how.visited && canonical.href !== location.href) {
      if (how.replace) history.replaceState(null, "", canonical);
      else history.pushState(null, "", canonical);
    }
    document.getElementById("results")?.removeAttribute("aria-busy");
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    document.getElementById("results")?.removeAttribute("aria-busy");
    notify(t("The list could not be loaded. Is FaceForge Core still running?"));
  }
}

/**
 * Bring the form to what the address says.
 * @param {Document} page
 */
function adoptForm(page) {
  const [here, there] = [document, page].map((from) => from.getElementById("filters"));
  if (!(here instanceof HTMLFormElement) || !(there instanceof HTMLFormElement)) return;
  here.elements.q.value = there.elements.q.value;
  here.elements.sort.value = there.elements.sort.value;
}

/**
 * Whoever pressed a filter by keyboard finds the focus where it was.
 * @param {string} regionId
 * @param {string} label
 */
function refocus(regionId, label) {
  const region = document.getElementById(regionId);
  const links = [...(region?.querySelectorAll("a, summary") ?? [])].filter((one) => one instanceof HTMLElement);
  const same = links.find((link) => (link.getAttribute("aria-label") ?? link.textContent?.trim()) === label);
  const target = same ?? links[0];
  if (target) target.focus({ preventScroll: true });
}
