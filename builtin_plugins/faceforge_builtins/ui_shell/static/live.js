/** Forms that are sent without leaving the page: `<form method="post" data-live>`. */

import { notify } from "./notices.js";
import { edition, fetchPage, keepTyping, swapRegions } from "./regions.js";
import { t } from "./texts.js";

const SHOWN_FOR_MS = 12_000;

/**
 * Whatever is sent, the answer is a page: these parts of it take the place of those that are here, and `changed` hears
 * of it. What was refused is told, or with `data-live="leave"` shown on a page of its own.
 * @param {string[]} regions
 * @param {(form: HTMLFormElement) => void} [changed]
 */
export function startLiveForms(regions, changed) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-live]") || event.defaultPrevented) return;
    event.preventDefault();
    const region = form.closest("[id]")?.id ?? "";
    const before = edition;
    const answer = await post(form, event.submitter);
    if (!answer) return;
    if (!answer.arrived && form.dataset.live === "leave") return form.submit();
    if (!answer.arrived) return notify(problemOf(answer.page));
    const page = await newest(answer, before);
    const goOnTyping = form.contains(document.activeElement) ? () => {} : keepTyping(regions);
    swapRegions(page, regions);
    takeNotice(answer.page);
    const heading = document.querySelector(`#${CSS.escape(region)} [tabindex="-1"]`);
    if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
    changed?.(form);
    goOnTyping();
  });
}

/**
 * The page of an answer, made anew where another answer was shown while this one was under way: it may be the older one.
 * @param {{page: Document, address: string}} answer
 * @param {number} before the edition when it was asked for
 */
async function newest({ page, address }, before) {
  for (let shown = before; shown !== edition; ) {
    shown = edition;
    // Where Core does not answer any more, the page that came is what there is.
    page = await fetchPage(address).catch(() => page);
  }
  return page;
}

/**
 * Send a form. Returns the page that came back, its address, and whether it is where the form leads when all went well;
 * nothing while the form is under way already, or when Core did not answer, which is told.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @returns {Promise<{page: Document, address: string, arrived: boolean} | undefined>}
 */
export async function post(form, submitter) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) body.append(name, String(value));
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected && new URL(answer.url).pathname === "/ui/login") return location.reload();
    return { page, address: answer.url, arrived: answer.redirected && answer.ok };
  } catch {
    notify(lost());
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/**
 * The notice of another page is shown here.
 * @param {Document} page
 */
export function takeNotice(page) {
  const notice = page.getElementById("notice");
  document.getElementById("notice")?.remove();
  if (!notice) return;
  // A live region is announced when it is filled, not when it comes along filled.
  const words = [...notice.childNodes];
  notice.replaceChildren();
  document.body.append(document.adoptNode(notice));
  notice.append(...words.map((node) => document.adoptNode(node)));
  setTimeout(() => notice.matches(":hover, :focus-within") || notice.remove(), SHOWN_FOR_MS);
}

/**
 * What an error page says.
 * @param {Document} page
 */
export function problemOf(page) {
  return page.querySelector("main p:not(.error-status)")?.textContent?.trim() || lost();
}

export function lost() {
  return t("FaceForge Core did not answer. Check that it is running, then try again.");
}
