/**
 * A list that is searched while typing and filtered without a reload; the address always says what is shown.
 *
 * The page has `form#filters` with a field `q` and a choice `sort`, and `#results` with its own address in
 * `data-address`; forms of menus are `[data-filter-form]`.
 */

import { fetchPage, keepTyping, swapRegions } from "./regions.js";
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
/** Where the list is going, until it is there. @type {URL | undefined} */
let wished;
/** What the form said when that was asked for. @type {URL | undefined} */
let asked;

/** @param {List} of */
export function startListing(of) {
  list = of;
  const form = document.getElementById("filters");
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    const typed = event.target instanceof HTMLInputElement;
    waiting = setTimeout(() => show(wishOf(form), { replace: typed && !wished }), typed ? PAUSE_MS : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(wishOf(form), {});
  });
  document.addEventListener("click", (event) => followFilter(event, form));
  document.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-filter-form]")) return;
    event.preventDefault();
    event.target.closest("details")?.removeAttribute("open");
    const opener = event.target.closest("details")?.querySelector("summary") ?? undefined;
    show(withTyped(addressOf(event.target), form), { focus: opener });
  });
  if (wordsOf(addressOf(form)) !== wordsOf(new URL(location.href))) {
    show(addressOf(form), { replace: true }); // Typed before this script was there.
  }
  addEventListener("popstate", () => show(new URL(location.href), { visited: true }));
  // Whoever opens something before the list has answered comes back to what they asked for.
  addEventListener("pagehide", () => {
    const wish = wishOf(form);
    if (wished || wordsOf(wish) !== wordsOf(new URL(location.href))) history.replaceState(history.state, "", wish);
  });
}

/**
 * A click on a tag, a view or a column changes the list in place.
 * @param {MouseEvent} event
 * @param {HTMLFormElement} form
 */
function followFilter(event, form) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element && event.target.closest("a");
  if (!link || link.matches("[data-more], [data-dialog], [download]")) return;
  const address = new URL(link.href);
  if (address.origin !== location.origin || address.pathname !== list.path || link.closest(".sidebar")) return;
  event.preventDefault();
  show(withTyped(address, form), { focus: link });
}

/**
 * A filter knows the search that the list shows; what was typed since comes along, unless the filter is about it.
 * @param {URL} address
 * @param {HTMLFormElement} form
 */
function withTyped(address, form) {
  if (wordsOf(address) === wordsOf(new URL(location.href))) carry(address, "q", addressOf(form));
  return address;
}

/**
 * What the form says; while another list is on its way, that one with what has changed in the form since.
 * @param {HTMLFormElement} form
 */
function wishOf(form) {
  const said = addressOf(form);
  if (!wished) return said;
  const address = new URL(wished);
  for (const name of ["q", "sort"]) {
    if (said.searchParams.get(name) !== asked?.searchParams.get(name)) carry(address, name, said);
  }
  return address;
}

/** @param {URL} address */
function wordsOf(address) {
  return address.searchParams.get("q")?.trim() ?? "";
}

/**
 * What another address says of a name is said by this one too.
 * @param {URL} address
 * @param {string} name
 * @param {URL} from
 */
export function carry(address, name, from) {
  const value = from.searchParams.get(name);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
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
  clearTimeout(waiting);
  running?.abort();
  const mine = (running = new AbortController());
  const form = /** @type {HTMLFormElement} */ (document.getElementById("filters"));
  const said = (asked = addressOf(form));
  wished = address;
  document.getElementById("results")?.setAttribute("aria-busy", "true");
  try {
    const page = await fetchPage(address, mine.signal);
    const label = how.focus?.getAttribute("aria-label") ?? how.focus?.textContent?.trim();
    const region = focusIsAt(how.focus) ? how.focus?.closest("[id]")?.id : undefined;
    const canonical = new URL(page.getElementById("results")?.dataset.address ?? address.href, location.href);
    const [restore, goOnTyping] = [keepSelection(), keepTyping(list.regions)];
    const typing = addressOf(form).href !== said.href; // That is asked for next, and stays.
    if ((how.focus || how.visited) && !typing) adoptForm(page);
    swapRegions(page, list.regions);
    wished = undefined;
    restore();
    list.changed?.();
    goOnTyping();
    if (region && label) refocus(region, label);
    if (!how.visited && canonical.href !== location.href) {
      if (how.replace) history.replaceState(null, "", canonical);
      else history.pushState(null, "", canonical);
    }
    document.getElementById("results")?.removeAttribute("aria-busy");
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    wished = undefined;
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
 * Whether the focus is still about where a filter was pressed, not in the search field by now.
 * @param {HTMLElement | undefined} pressed
 */
function focusIsAt(pressed) {
  const focused = document.activeElement;
  return focused === document.body || Boolean(pressed?.closest("[id]")?.contains(focused));
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
