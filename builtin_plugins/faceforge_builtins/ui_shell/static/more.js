/** Lists that grow at their end: by a button, by scrolling, and again after coming back to the page. */

import { fetchPage } from "./regions.js";
import { notify } from "./notices.js";
import { t } from "./texts.js";

const MOST_ON_RETURN = 40;
let loading = false;

/** `[data-more]` is the link to the next page, `[data-more-into]` the list that its items go to. */
export async function startMore() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-more]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    loadMore();
  });
  addEventListener("scroll", loadNearEnd, { passive: true });
  addEventListener("pagehide", rememberPlace);
  await returnToPlace();
}

async function loadNearEnd() {
  const link = document.querySelector("[data-more]");
  if (link && link.getBoundingClientRect().top < innerHeight * 1.5 && (await loadMore())) loadNearEnd();
}

/** @returns {Promise<boolean>} whether there was more */
async function loadMore() {
  const link = document.querySelector("[data-more]");
  if (loading || !(link instanceof HTMLAnchorElement)) return false;
  loading = true;
  const focused = document.activeElement === link;
  try {
    const page = await fetchPage(link.href);
    if (!link.isConnected) return false; // The list became another one meanwhile.
    append(page, link, focused);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) notify(t("The rest could not be loaded. Is FaceForge Core still running?"));
    return false;
  } finally {
    loading = false;
  }
}

/**
 * @param {Document} page
 * @param {HTMLAnchorElement} link
 * @param {boolean} focused
 */
function append(page, link, focused) {
  const list = document.querySelector("[data-more-into]");
  const items = [...(page.querySelector("[data-more-into]")?.children ?? [])];
  const next = page.querySelector("[data-more]");
  const first = items[0]?.querySelector("a");
  list?.append(...items.map((item) => document.adoptNode(item)));
  if (focused) first?.focus({ preventScroll: true });
  if (next) link.replaceWith(document.adoptNode(next));
  else link.remove();
}

/** The place is kept with the page's entry in the history, so that "back" finds it. */
function rememberPlace() {
  const count = document.querySelector("[data-more-into]")?.children.length ?? 0;
  history.replaceState({ ...history.state, count, scroll: scrollY }, "");
}

async function returnToPlace() {
  const { count = 0, scroll = 0 } = history.state ?? {};
  const list = document.querySelector("[data-more-into]");
  if (!list || list.children.length >= count) return;
  history.scrollRestoration = "manual";
  // Whoever goes somewhere else while the list comes is not taken back.
  const gone = new AbortController();
  for (const sign of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(sign, () => gone.abort(), { passive: true, signal: gone.signal });
  }
  for (let page = 0; page < MOST_ON_RETURN && list.children.length < count && !gone.signal.aborted; page += 1) {
    if (!(await loadMore())) break;
  }
  if (!gone.signal.aborted) scrollTo(0, scroll);
  gone.abort();
  history.scrollRestoration = "auto";
}
