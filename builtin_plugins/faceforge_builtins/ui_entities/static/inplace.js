/**
 * Editing in place. Every form has a page of its own, which works without scripts; here it is fetched and put where the
 * reader is, sent from there, and what changed comes back with the answer. The server says all that is wrong.
 *
 * `[data-inplace]` is a link to the page of a form, which goes into the `[data-place]` around it, or into the element
 * whose id it names. `form[data-live]` is a small form that is sent without leaving the page, and so is a notice's Undo:
 * what is being typed meanwhile stays.
 */

import { focusOn } from "../faceforge.ui_shell/fields.js";
import { lost, post, problemOf, takeNotice } from "../faceforge.ui_shell/live.js";
import { notify } from "../faceforge.ui_shell/notices.js";
import { edition, fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";
import { startControls } from "./controls.js";
import { renew } from "./renewing.js";

const REGIONS = ["cover", "identity", "panel"];
const FORM = "form[data-inplace-form]";

/** The link that opened a form. @type {WeakMap<Element, HTMLElement>} */
const openers = new WeakMap();
/** The form that is being fetched. @type {AbortController | undefined} */
let opening;

export function startInPlace() {
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const link = event.target.closest("a[data-inplace]");
    const cancel = event.target.closest("[data-cancel]");
    if (link instanceof HTMLAnchorElement && plain(event)) {
      event.preventDefault();
      open(link);
    } else if (cancel?.closest("[data-place]")) {
      event.preventDefault();
      close(cancel.closest(FORM));
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !(event.target instanceof Element)) return;
    const form = event.target.closest(`[data-place] ${FORM}`);
    if (form) close(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    if (!form.matches("[data-live]") && !form.closest("[data-place], #notice")) return;
    event.preventDefault();
    send(form, event.submitter);
  });
}

/** @param {MouseEvent} event */
function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

/** @param {HTMLAnchorElement} link */
async function open(link) {
  opening?.abort(); // Of two clicks one form comes: a second would take what was typed into the first.
  opening = new AbortController();
  try {
    const form = (await fetchPage(link.href, opening.signal)).querySelector(FORM);
    // What came in meanwhile may have filled the place anew.
    const here = link.isConnected ? link : linkTo(link.getAttribute("href"));
    const place = here && placeOf(here);
    if (!form || !place) return;
    for (const other of document.querySelectorAll(`[data-place] ${FORM}`)) leave(other);
    openers.set(form, here);
    show(place, form);
  } catch (error) {
    if (!(error instanceof DOMException)) notify(lost());
  }
}

/** @param {string | null | undefined} address */
function linkTo(address) {
  const links = [...document.querySelectorAll("a[data-inplace]")].filter((one) => one instanceof HTMLElement);
  return links.find((one) => one.getAttribute("href") === address);
}

/** @param {HTMLElement} link */
function placeOf(link) {
  return document.getElementById(link.dataset.inplace || " ") ?? link.closest("[data-place]");
}

/**
 * @param {Element} place
 * @param {Element} form
 */
function show(place, form) {
  place.append(adopted(form));
  place.classList.add("edited");
  ready(form);
}

/**
 * A form for this page. Browsers heed `autofocus` only while a page loads, and complain afterwards.
 * @param {Element} form
 */
function adopted(form) {
  for (const field of form.querySelectorAll("[autofocus]")) {
    field.removeAttribute("autofocus");
    field.setAttribute("data-autofocus", "");
  }
  return document.adoptNode(form);
}

/** @param {Element} form */
function ready(form) {
  startControls(form);
  const wrong = form.querySelector("[aria-invalid]:not([hidden])");
  const first = wrong ?? form.querySelector("[data-autofocus]:not([hidden])") ?? form.querySelector(".input, input:not([type=hidden])");
  if (!(first instanceof HTMLElement)) return;
  focusOn(first);
  if (first instanceof HTMLInputElement && first.type === "text" && !wrong) first.select();
}

/** @param {Element | null} form */
function close(form) {
  if (!form) return;
  const opener = openers.get(form);
  leave(form);
  opener?.focus();
}

/** @param {Element} form */
function leave(form) {
  form.closest("[data-place]")?.classList.remove("edited");
  form.remove();
}

/**
 * Send a form; the answer is the page with what changed, or the form again.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
async function send(form, submitter) {
  const before = edition;
  const answer = await post(form, submitter);
  if (!answer) return;
  const late = edition !== before;
  if (answer.arrived) arrive(answer.page, form);
  else again(answer.page, form);
  if (late) renew(); // That page may have been made before what came in meanwhile.
}

/**
 * @param {Document} page
 * @param {HTMLFormElement} form
 */
function arrive(page, form) {
  const place = form.closest("[data-place]");
  const [key, region] = [place?.getAttribute("data-key"), place?.closest("[id]")?.id];
  const heading = place?.querySelector("h2[tabindex]")?.id;
  const goOn = keepForm(form);
  swapRegions(page, REGIONS);
  document.title = page.title;
  takeNotice(page);
  const same = key && document.querySelector(`[data-key="${CSS.escape(key)}"] [data-inplace]`);
  const titled = document.getElementById(heading || " ") ?? document.querySelector(`#${CSS.escape(region || "panel")} h2[tabindex]`);
  const target = same || titled || document.querySelector("#panel h2[tabindex]");
  if (!goOn() && target instanceof HTMLElement) target.focus({ preventScroll: true });
}

/**
 * Another form that is being filled in goes on where it was. Returns what puts it back, and tells whether it has the
 * focus.
 * @param {HTMLFormElement} sent
 */
function keepForm(sent) {
  const other = [...document.querySelectorAll(`[data-place] ${FORM}`)].find((one) => one !== sent);
  const opener = other && openers.get(other)?.getAttribute("href");
  const focused = other?.contains(document.activeElement) ? document.activeElement : null;
  return () => {
    const link = other && linkTo(opener);
    const place = link && placeOf(link);
    if (!place) return false;
    openers.set(other, link);
    place.append(other);
    place.classList.add("edited");
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    return focused !== null;
  };
}

/**
 * @param {Document} page
 * @param {HTMLFormElement} form
 */
function again(page, form) {
  const fresh = page.querySelector(FORM);
  if (!fresh) {
    notify(problemOf(page));
    return;
  }
  const opener = openers.get(form);
  if (opener) openers.set(fresh, opener);
  form.replaceWith(adopted(fresh));
  ready(fresh);
}
