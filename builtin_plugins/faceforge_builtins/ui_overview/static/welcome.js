/** The welcome to an empty library: files dropped or chosen here are stored, one after the other. */

import { startDropping } from "../faceforge.ui_shell/dropping.js";
import { t, tn } from "../faceforge.ui_shell/texts.js";
import { upload, UploadRefused } from "../faceforge.ui_shell/transfer.js";

const picker = document.getElementById("files");
const leaving = new AbortController();
let arrived = 0;
let underWay = 0;
/** Each file waits for the one before. */
let queue = Promise.resolve();

startDropping(document.getElementById("drop-veil"), add, (name) =>
  say(rowFor(name), t("This is a folder. Use “Import a folder” for it."), { failed: true }),
);
if (picker instanceof HTMLInputElement) {
  document.querySelector("[data-pick]")?.addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    add([...(picker.files ?? [])]);
    picker.value = "";
  });
}
addEventListener("beforeunload", (event) => {
  if (underWay) event.preventDefault();
});
addEventListener("pagehide", () => leaving.abort());

/** @param {File[]} files */
function add(files) {
  document.getElementById("drop")?.scrollIntoView({ block: "nearest" });
  for (const file of files) {
    const row = rowFor(file.name);
    say(row, t("Waiting"));
    underWay += 1;
    queue = queue.then(() => store(file, row));
  }
}

/**
 * @param {File} file
 * @param {HTMLElement} row
 */
async function store(file, row) {
  const bar = row.querySelector("progress");
  say(row, t("Uploading"));
  try {
    await upload(file, {
      signal: leaving.signal,
      progress: (percent) => {
        if (bar) bar.value = percent;
      },
    });
    say(row, t("Stored"), { done: true });
    arrived += 1;
    showArrived();
  } catch (error) {
    if (leaving.signal.aborted) return;
    const lost = t("The connection to FaceForge Core was lost.");
    say(row, error instanceof UploadRefused ? error.message : lost, { failed: true });
  } finally {
    underWay -= 1;
  }
}

function showArrived() {
  const words = document.getElementById("arrived");
  if (words) words.textContent = tn("%(num)s file is in your library.", "%(num)s files are in your library.", arrived);
  document.getElementById("to-files")?.removeAttribute("hidden");
}

/** @param {string} name */
function rowFor(name) {
  const template = document.getElementById("arrival-row");
  if (!(template instanceof HTMLTemplateElement)) throw new Error("The page has no template for files.");
  const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const label = /** @type {HTMLElement} */ (row.querySelector(".arrival-name"));
  label.textContent = label.title = name;
  row.querySelector("progress")?.setAttribute("aria-label", name);
  document.getElementById("arrivals")?.append(row);
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {string} words
 * @param {{done?: boolean, failed?: boolean}} [how]
 */
function say(row, words, { done = false, failed = false } = {}) {
  const state = row.querySelector(".arrival-state");
  if (state) state.textContent = words;
  row.classList.toggle("failed", failed);
  row.querySelector("progress")?.toggleAttribute("hidden", done || failed);
}
