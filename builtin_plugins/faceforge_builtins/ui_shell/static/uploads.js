/** Files dropped on the page or picked by hand: a queue, and the tray that shows it (`_uploads.html`). */

import { startDropping } from "./dropping.js";
import { t } from "./texts.js";
import { UploadRefused } from "./transfer.js";

const AT_ONCE = 2;

/**
 * @typedef {{file: File, row: HTMLElement, state: "waiting" | "sending" | "done" | "failed", abort?: AbortController}} Item
 */

/**
 * How a page takes files: `send` stores one, `arrived` is called when one is stored or may be; the others are the words
 * for a file that is done, and for all of them while they are under way, when some failed, and when all are there.
 * @typedef {object} Taking
 * @property {(file: File, how: {signal: AbortSignal, progress: (percent: number) => void}) => Promise<unknown>} send
 * @property {() => void} arrived
 * @property {string} done
 * @property {(all: number) => string} running
 * @property {(failed: number, all: number) => string} failed
 * @property {(all: number) => string} finished
 */

/** @type {Item[]} */
let items = [];
/** @type {Taking} */
let taking;

/** @param {Taking} how */
export function startUploads(how) {
  taking = how;
  const picker = document.getElementById("file-picker");
  if (!(picker instanceof HTMLInputElement)) return;
  startDropping(document.getElementById("drop-target"), add, explainFolder);
  picker.addEventListener("change", () => {
    add([...(picker.files ?? [])]);
    picker.value = "";
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-attach]")) picker.click();
    if (event.target.closest("[data-uploads-close]")) closeTray();
  });
  addEventListener("beforeunload", (event) => {
    if (items.some(({ state }) => state === "waiting" || state === "sending")) event.preventDefault();
  });
}

/** @param {File[]} files */
function add(files) {
  for (const file of files) {
    const item = /** @type {Item} */ ({ file, row: rowFor(file.name), state: "waiting" });
    item.row.querySelector("[data-upload-retry]")?.addEventListener("click", () => retry(item));
    letDrop(item);
    items.push(item);
    show(item, t("Waiting"));
  }
  work();
}

/** @param {string} name */
function explainFolder(name) {
  const row = rowFor(name);
  const item = /** @type {Item} */ ({ file: new File([], name), row, state: "failed" });
  letDrop(item);
  items.push(item);
  show(item, t("This is a folder. Open it and drop the files inside."));
}

/** Start as many as may run; refresh the page's lists when a round is over. */
function work() {
  const sending = items.filter(({ state }) => state === "sending").length;
  const next = items.filter(({ state }) => state === "waiting").slice(0, AT_ONCE - sending);
  for (const item of next) run(item);
}

/** @param {Item} item */
async function run(item) {
  item.state = "sending";
  item.abort = new AbortController();
  show(item, t("Uploading"));
  try {
    await taking.send(item.file, { signal: item.abort.signal, progress: (percent) => advance(item, percent) });
    item.state = "done";
    show(item, taking.done);
    taking.arrived();
  } catch (error) {
    if (!items.includes(item)) return taking.arrived(); // Canceled: its row is gone, but Core may have had all of it.
    item.state = "failed";
    show(item, error instanceof UploadRefused ? error.message : t("The connection to FaceForge Core was lost."));
  } finally {
    work();
  }
}

/** @param {Item} item */
function retry(item) {
  item.state = "waiting";
  show(item, t("Waiting"));
  work();
}

/** @param {Item} item */
function letDrop(item) {
  item.row.querySelector("[data-upload-cancel]")?.addEventListener("click", (event) => {
    // The second click of two would drop the file that has moved to this place.
    if (!(event instanceof MouseEvent) || event.detail < 2) drop(item);
  });
}

/** @param {Item} item */
function drop(item) {
  items = items.filter((other) => other !== item);
  item.abort?.abort();
  item.row.remove();
  summarize();
  work();
}

/** Done and failed rows go; what is under way stays in sight. */
function closeTray() {
  for (const item of [...items]) if (item.state === "done" || item.state === "failed") drop(item);
}

/** @param {string} name */
function rowFor(name) {
  const template = document.getElementById("upload-row");
  if (!(template instanceof HTMLTemplateElement)) throw new Error("The page has no template for uploads.");
  const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const label = /** @type {HTMLElement} */ (row.querySelector(".upload-name"));
  label.textContent = label.title = name;
  document.getElementById("uploads-list")?.append(row);
  return row;
}

/**
 * @param {Item} item
 * @param {number} percent
 */
function advance(item, percent) {
  const bar = item.row.querySelector("progress");
  if (bar) bar.value = percent;
  const state = item.row.querySelector(".upload-state");
  if (state) state.textContent = percent < 100 ? `${Math.floor(percent)} %` : t("Storing");
}

/**
 * @param {Item} item
 * @param {string} words
 */
function show(item, words) {
  const { row, state } = item;
  row.classList.toggle("failed", state === "failed");
  const label = row.querySelector(".upload-state");
  if (label) label.textContent = words;
  const bar = row.querySelector("progress");
  if (bar) {
    bar.hidden = state === "done" || state === "failed";
    bar.value = 0;
    bar.setAttribute("aria-label", item.file.name);
  }
  row.querySelector("[data-upload-retry]")?.toggleAttribute("hidden", state !== "failed" || item.file.size === 0);
  const cancel = row.querySelector("[data-upload-cancel]");
  if (cancel) {
    cancel.textContent = state === "failed" ? t("Dismiss") : t("Cancel");
    cancel.toggleAttribute("hidden", state === "done");
  }
  summarize();
}

function summarize() {
  const tray = document.getElementById("uploads");
  const summary = document.getElementById("uploads-summary");
  if (!tray || !summary) return;
  tray.hidden = items.length === 0;
  const count = (/** @type {string} */ state) => items.filter((item) => item.state === state).length;
  const [done, failed] = [count("done"), count("failed")];
  const all = items.length;
  const words = done + failed < all ? taking.running(all) : failed ? taking.failed(failed, all) : taking.finished(all);
  if (summary.textContent !== words) summary.textContent = words;
}
