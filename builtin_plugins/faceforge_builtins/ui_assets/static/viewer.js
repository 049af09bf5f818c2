/** One file after the other without loading whole pages: links and arrow keys, the next ones fetched ahead. */

import { lost, post, problemOf, takeNotice } from "../faceforge.ui_shell/live.js";
import { notify } from "../faceforge.ui_shell/notices.js";
import { fetchPage } from "../faceforge.ui_shell/regions.js";
import { addShortcuts } from "../faceforge.ui_shell/shortcuts.js";
import { t } from "../faceforge.ui_shell/texts.js";
import { leave, noteArrival, noteSeen } from "./coming_back.js";
import { startZoom } from "./zoom.js";

const SIDE = "faceforge.assets.side";
const AHEAD_MS = 120;

/** @typedef {import("./zoom.js").Zoom} Zoom */

/** The pages of the neighbours. @type {Map<string, Promise<Document>>} */
const ahead = new Map();
/** @type {Zoom | undefined} */
let zoom;
/** The latest wish. */
let wish = 0;
/** @type {() => void} */
let arrived = () => {};

/** @param {() => void} changed called when another file is shown */
export function startViewer(changed) {
  arrived = changed;
  noteArrival();
  showSide(localStorage.getItem(SIDE) !== "off");
  document.addEventListener("click", press);
  document.addEventListener("keydown", follow);
  document.addEventListener("submit", throwAway);
  const group = t("Looking at a file");
  const zoomed = (/** @type {(zoom: Zoom) => void} */ change) => () => (zoom ? change(zoom) : false);
  addShortcuts([
    { keys: ["←"], does: t("Previous file"), group },
    { keys: ["→"], does: t("Next file"), group },
    { keys: ["+"], does: t("Zoom in"), group, run: zoomed((one) => one.by(1)) },
    { keys: ["-"], does: t("Zoom out"), group, run: zoomed((one) => one.by(-1)) },
    { keys: ["0"], does: t("Whole picture"), group, run: zoomed((one) => one.fit()) },
    { keys: ["1"], does: t("Original size"), group, run: zoomed((one) => one.full()) },
    { keys: ["i"], does: t("Show or hide details"), group, run: toggleSide },
    { keys: [t("Del")], does: t("Move to trash"), group },
    { keys: ["Esc"], does: t("Back to the list"), group },
  ]);
  settle();
}

/** What was fetched of the neighbours is out of date. */
export function forgetAhead() {
  ahead.clear();
}

/** Another file is shown: its picture can be zoomed, and its neighbours are fetched. */
function settle() {
  zoom?.stop();
  const canvas = document.querySelector("[data-zoom]");
  zoom = canvas instanceof HTMLElement ? startZoom(canvas, step) : undefined;
  markToggle();
  setTimeout(fetchAhead, AHEAD_MS);
}

async function fetchAhead() {
  const wanted = [...document.querySelectorAll("[data-step]")].map((link) => link instanceof HTMLAnchorElement ? link.href : "");
  for (const address of ahead.keys()) if (!wanted.includes(address)) ahead.delete(address);
  for (const address of wanted.filter((one) => one && !ahead.has(one))) {
    const page = fetchPage(address);
    ahead.set(address, page);
    page.then(warm, () => ahead.delete(address));
  }
}

/**
 * The picture of a page that may come next.
 * @param {Document} page
 */
function warm(page) {
  const picture = page.querySelector("#stage img[src]");
  if (picture) new Image().src = picture.getAttribute("src") ?? "";
}

/** @param {MouseEvent} event */
function press(event) {
  if (!(event.target instanceof Element) || event.defaultPrevented) return;
  if (event.target.closest("[data-side-toggle]")) return void toggleSide();
  const [to, back] = ["[data-step]", "[data-viewer-back]"].map((one) => /** @type {Element} */ (event.target).closest(one));
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (to instanceof HTMLAnchorElement) {
    event.preventDefault();
    show(to.href, to.dataset.step ?? "");
  } else if (back instanceof HTMLAnchorElement) {
    event.preventDefault();
    leave(back);
  }
}

/** @param {KeyboardEvent} event */
function follow(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (busy(event.target) || document.querySelector("dialog[open]")) return;
  const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const way = arrows[/** @type {keyof typeof arrows} */ (event.key)];
  if (way && zoom?.zoomed) {
    event.preventDefault();
    zoom.pan(way[0] ?? 0, way[1] ?? 0);
  } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    if (step(event.key === "ArrowLeft" ? "before" : "after")) event.preventDefault();
  } else if (event.key === "Delete") {
    document.querySelector("[data-viewer-trash]")?.closest("form")?.requestSubmit();
  } else if (event.key === "Escape") {
    const back = document.querySelector("[data-viewer-back]");
    if (back instanceof HTMLAnchorElement) leave(back);
  }
}

/**
 * Fields and players have arrow keys of their own.
 * @param {EventTarget | null} target
 */
function busy(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select, audio, video, pre");
}

/** @param {string} side whether there was one */
function step(side) {
  const link = document.querySelector(`[data-step="${side}"]`);
  if (!(link instanceof HTMLAnchorElement)) return false;
  show(link.href, side);
  return true;
}

/**
 * @param {string} address
 * @param {string} side
 */
async function show(address, side) {
  const mine = ++wish;
  try {
    const page = await (ahead.get(address) ?? fetchPage(address));
    if (mine === wish) take(page, address, side);
  } catch (error) {
    if (!(error instanceof DOMException)) location.assign(address); // gone meanwhile: its page says so
  }
}

/**
 * The history keeps one entry for all files looked at, so that "back" leads to the list.
 * @param {Document} page
 * @param {string} address
 * @param {string} side
 */
function take(page, address, side) {
  const [here, there] = [document, page].map((from) => from.getElementById("viewer"));
  if (!here || !there) return location.assign(address);
  const onStep = document.activeElement?.matches("[data-step]");
  const within = here.contains(document.activeElement);
  ahead.delete(address); // its nodes are about to move
  here.setAttribute("aria-label", there.getAttribute("aria-label") ?? "");
  here.replaceChildren(...[...there.childNodes].map((node) => document.adoptNode(node)));
  document.title = page.title;
  history.replaceState(history.state, "", withoutNotice(address));
  noteSeen();
  const link = document.querySelector(`[data-step="${side}"]`) ?? document.querySelector("[data-step]");
  const target = onStep && link instanceof HTMLElement ? link : document.getElementById("asset-name");
  if (within) target?.focus({ preventScroll: true });
  arrived();
  settle();
}

/** @param {string} address */
function withoutNotice(address) {
  const plain = new URL(address, location.href);
  for (const name of ["notice", "undo"]) plain.searchParams.delete(name);
  return plain;
}

/** @param {SubmitEvent} event */
async function throwAway(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.querySelector("[data-viewer-trash]")) return;
  event.preventDefault();
  const answer = await post(form, event.submitter);
  if (!answer) return;
  forgetAhead();
  if (!answer.arrived) notify(problemOf(answer.page) || lost());
  else if (!answer.page.getElementById("viewer")) location.replace(answer.address); // it was the last one
  else {
    take(answer.page, answer.address, "after");
    takeNotice(answer.page);
  }
}

function toggleSide() {
  const shown = document.getElementById("viewer")?.classList.contains("no-side") ?? false;
  localStorage.setItem(SIDE, shown ? "on" : "off");
  showSide(shown);
}

/** @param {boolean} shown */
function showSide(shown) {
  document.getElementById("viewer")?.classList.toggle("no-side", !shown);
  markToggle();
}

function markToggle() {
  const shown = !document.getElementById("viewer")?.classList.contains("no-side");
  document.querySelector("[data-side-toggle]")?.setAttribute("aria-pressed", String(shown));
}
