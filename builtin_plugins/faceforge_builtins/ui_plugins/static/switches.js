/** The switches of plugins: they move at once, and the page then shows what became of it. */

import { notify, optimistically } from "../faceforge.ui_shell/notices.js";
import { swapRegions } from "../faceforge.ui_shell/regions.js";
import { t } from "../faceforge.ui_shell/texts.js";

/**
 * Switches are turned one after the other, and shown anew once the last has answered: a page that was made before would
 * show those that are still moving as they were.
 * @type {Promise<unknown>}
 */
let turned = Promise.resolve();
let turning = 0;
/** @type {Document | undefined} */
let newest;

/**
 * @param {string[]} regions what a switch changes on this page, the side bar apart
 * @param {() => void} [changed] called when these are new
 */
export function startSwitches(regions, changed) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-switch]")) return;
    event.preventDefault();
    const button = form.querySelector("[role='switch']");
    if (button?.getAttribute("aria-busy") !== "true") turn(form, [...regions, "navigation"], changed);
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {string[]} regions
 * @param {(() => void) | undefined} changed
 */
async function turn(form, regions, changed) {
  const body = new FormData(form);
  await optimistically({
    apply: () => moved(form),
    send: async () => {
      tell(await inTurn(form.action, body, regions, changed), body, regions, changed);
    },
  });
}

/**
 * @param {string} address
 * @param {FormData} body
 * @param {string[]} regions
 * @param {(() => void) | undefined} changed
 */
async function inTurn(address, body, regions, changed) {
  turning += 1;
  const answer = turned.catch(() => {}).then(() => post(address, body));
  turned = answer;
  try {
    return (newest = await answer);
  } finally {
    turning -= 1;
    if (!turning && newest) adopt(newest, regions, changed);
    if (!turning) newest = undefined;
  }
}

/**
 * The switch in its new place; returns what puts it back.
 * @param {HTMLFormElement} form
 */
function moved(form) {
  const button = form.querySelector("[role='switch']");
  const words = form.closest(".plugin, .plugin-title")?.querySelector(".state");
  const before = { checked: button?.getAttribute("aria-checked") ?? "", words: words?.textContent ?? "" };
  button?.setAttribute("aria-checked", before.checked === "true" ? "false" : "true");
  button?.setAttribute("aria-busy", "true");
  if (words) words.textContent = before.checked === "true" ? t("Switching off…") : t("Switching on…");
  return () => {
    button?.setAttribute("aria-checked", before.checked);
    button?.removeAttribute("aria-busy");
    if (words) words.textContent = before.words;
  };
}

/**
 * Send a form and give the page that it leads to.
 * @param {string} address
 * @param {FormData} body
 */
async function post(address, body) {
  const answer = await fetch(address, { method: "POST", headers: { Accept: "text/html" }, body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.ok) return page;
  const said = page.querySelector(".error-page > p:not(.error-status)")?.textContent?.trim();
  throw new Error(said || t("FaceForge Core did not answer. Check that it is running, then try again."));
}

/**
 * @param {Document} page
 * @param {string[]} regions
 * @param {(() => void) | undefined} changed
 */
function adopt(page, regions, changed) {
  const focused = document.activeElement?.id;
  swapRegions(page, regions);
  changed?.();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/**
 * What the page says about it, with its way back.
 * @param {Document} page
 * @param {FormData} body
 * @param {string[]} regions
 * @param {(() => void) | undefined} changed
 */
function tell(page, body, regions, changed) {
  const notice = page.getElementById("notice");
  const said = notice?.querySelector("span")?.textContent;
  if (!said) return;
  const address = notice.querySelector("form")?.getAttribute("action");
  notify(said, {
    undo: address
      ? async () => {
          const back = await inTurn(address, body, regions, changed);
          return back.getElementById("notice")?.querySelector("span")?.textContent ?? undefined;
        }
      : undefined,
  });
}
