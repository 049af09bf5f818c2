/** Notices: one sentence at the foot of the page, for a while, perhaps with a way back. */

import { t } from "./texts.js";

const SHOWN_FOR_MS = 12_000;

/**
 * Show a sentence; a former notice makes room. With `undo` it offers to take back what it tells of: that is called
 * once, and what it says or throws is shown next.
 * @param {string} text
 * @param {{undo?: () => Promise<string | void> | string | void}} [options]
 */
export function notify(text, { undo } = {}) {
  document.getElementById("notice")?.remove();
  const notice = document.createElement("div");
  notice.id = "notice";
  notice.className = "notice";
  notice.setAttribute("role", "status");
  document.body.append(notice);
  const sentence = document.createElement("span");
  sentence.textContent = text;
  notice.append(sentence);
  if (undo) notice.append(undoButton(notice, undo));
  leaveLater(notice);
}

/**
 * Show a change before the server has agreed. `apply` changes the page and returns what changes it back; that is done,
 * and the reason told, if `send` fails. Returns whether it went well.
 * @param {{apply: () => () => void, send: () => Promise<unknown>, undo?: () => Promise<string | void>, done?: string}} change
 */
export async function optimistically({ apply, send, undo, done }) {
  const revert = apply();
  try {
    await send();
  } catch (error) {
    revert();
    notify(reason(error));
    return false;
  }
  if (done) notify(done, { undo });
  return true;
}

/** Let the page's notice be dismissed, leave by itself, and not come back on reload. */
export function startNotices() {
  const address = new URL(location.href);
  if (address.searchParams.has("notice")) {
    address.searchParams.delete("notice");
    address.searchParams.delete("undo");
    address.searchParams.delete("count");
    history.replaceState(history.state, "", address);
  }
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-dismiss='notice']")) {
      document.getElementById("notice")?.remove();
    }
  });
  const notice = document.getElementById("notice");
  if (notice) leaveLater(notice);
}

/**
 * @param {HTMLElement} notice
 * @param {() => Promise<string | void> | string | void} undo
 */
function undoButton(notice, undo) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small undo";
  button.textContent = t("Undo");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const said = await undo();
      notice.remove();
      if (said) notify(said);
    } catch (error) {
      notify(reason(error));
    }
  });
  return button;
}

/** @param {unknown} error */
function reason(error) {
  const lost = !(error instanceof Error) || error instanceof TypeError; // what `fetch` throws without an answer
  return lost ? t("FaceForge Core did not answer. Check that it is running, then try again.") : error.message;
}

/**
 * A notice stays while somebody points at it or has focus in it.
 * @param {HTMLElement} notice
 */
function leaveLater(notice) {
  const attempt = () => {
    if (notice.matches(":hover, :focus-within")) setTimeout(attempt, 2000);
    else notice.remove();
  };
  setTimeout(attempt, SHOWN_FOR_MS);
}
