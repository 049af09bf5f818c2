/** Settings: rows come and go without leaving the page, and what is wrong has the focus. */

import { firstWrong, focusOn } from "../faceforge.ui_shell/fields.js";
import { notify } from "../faceforge.ui_shell/notices.js";
import { t } from "../faceforge.ui_shell/texts.js";

export function startSettings() {
  const form = document.querySelector("[data-settings]");
  if (!form) return;
  focusOn(firstWrong(form));
  document.addEventListener("submit", (event) => {
    const sent = event.target;
    const by = event.submitter;
    if (!(sent instanceof HTMLFormElement) || !sent.matches("[data-settings]")) return;
    if (!(by instanceof HTMLButtonElement) || !["add", "remove"].includes(by.name)) return;
    event.preventDefault();
    change(sent, by);
  });
}

/**
 * Let the server add or remove a row: it knows what a row looks like.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} by
 */
async function change(form, by) {
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "text/html" }, body: new FormData(form, by) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-settings]");
    if (!answer.ok || !fresh) throw new Error(`The page answered ${answer.status}.`);
    const focused = fresh.querySelector("[autofocus]");
    const place = document.adoptNode(fresh);
    form.replaceWith(place);
    focusOn(focused ?? nearest(place, by));
  } catch {
    notify(t("FaceForge Core did not answer. Check that it is running, then try again."));
  }
}

/**
 * The first field of the row that came; where one went, the button that adds one to its list.
 * @param {Element} form
 * @param {HTMLButtonElement} by
 */
function nearest(form, by) {
  const list = CSS.escape(by.name === "add" ? by.value : by.value.slice(0, by.value.lastIndexOf("/")));
  const button = form.querySelector(`button[name="add"][value="${list}"]`);
  const last = [...form.querySelectorAll(`[name="rows:${list}"]`)].at(-1)?.getAttribute("value");
  if (by.name !== "add" || !last) return button;
  const row = `${list}/${last}`;
  const names = `[name="key:${row}"], [name="${row}"], [name^="${row}/"]`;
  return form.querySelector(`:is(input:not([type=hidden]), select, textarea):is(${names})`) ?? button;
}
