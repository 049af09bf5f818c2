/** Settings: rows come and go without leaving the page, and what is wrong has the focus. */

import { firstWrong, focusOn } from "../faceforge.ui_shell/fields.js";
import { notify } from "../faceforge.ui_shell/notices.js";
import { t } from "../faceforge.ui_shell/texts.js";

/** A row that comes or goes. @type {Promise<void> | undefined} */
let changing;

export function startSettings() {
  const form = document.querySelector("[data-settings]");
  if (!form) return;
  focusOn(firstWrong(form));
  document.addEventListener("submit", (event) => {
    const sent = event.target;
    const by = event.submitter;
    if (!(sent instanceof HTMLFormElement) || !sent.matches("[data-settings]")) return;
    if (!(by instanceof HTMLButtonElement)) return;
    if (changing) {
      // It counts for the form as it will be.
      event.preventDefault();
      changing.then(() => again(by));
    } else if (["add", "remove"].includes(by.name)) {
      event.preventDefault();
      changing = change(sent, by).finally(() => (changing = undefined));
    }
  });
}

/**
 * Press the button of the form that took another one's place.
 * @param {HTMLButtonElement} by
 */
function again(by) {
  if (by.isConnected) return by.click();
  const facts = (/** @type {HTMLButtonElement} */ one) => [one.name, one.value, one.textContent].join("\n");
  const buttons = [...document.querySelectorAll("[data-settings] button")].filter((one) => one instanceof HTMLButtonElement);
  buttons.find((one) => facts(one) === facts(by))?.click();
}

/**
 * Let the server add or remove a row: it knows what a row looks like.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} by
 */
async function change(form, by) {
  const sent = new FormData(form, by);
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "text/html" }, body: sent });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-settings]");
    if (!answer.ok || !fresh) throw new Error(`The page answered ${answer.status}.`);
    const place = /** @type {HTMLFormElement} */ (document.adoptNode(fresh));
    const typing = carryTyped(form, sent, place);
    form.replaceWith(place);
    if (typing) typing();
    else focusOn(place.querySelector("[autofocus]") ?? nearest(place, by));
  } catch {
    notify(t("FaceForge Core did not answer. Check that it is running, then try again."));
  }
}

/**
 * What was typed while the answer was on its way. Returns how to go on typing, where somebody does.
 * @param {HTMLFormElement} form
 * @param {FormData} sent
 * @param {HTMLFormElement} fresh
 */
function carryTyped(form, sent, fresh) {
  const now = new FormData(form);
  let typing;
  for (const [field, same] of pairs(form, fresh)) {
    if (String(now.getAll(field.name)) !== String(sent.getAll(field.name))) {
      same.value = field.value;
      if (field instanceof HTMLInputElement && same instanceof HTMLInputElement) same.checked = field.checked;
    }
    if (field === document.activeElement) {
      const [start, end] = field instanceof HTMLSelectElement ? [] : [field.selectionStart, field.selectionEnd];
      typing = () => {
        same.focus({ preventScroll: true });
        if (typeof start === "number" && !(same instanceof HTMLSelectElement)) same.setSelectionRange(start, end ?? start);
      };
    }
  }
  return typing;
}

/**
 * Fields that can be typed into, with those of the same name and place in another form.
 * @param {HTMLFormElement} form
 * @param {HTMLFormElement} other
 */
function pairs(form, other) {
  const fields = (/** @type {HTMLFormElement} */ of) =>
    [...of.querySelectorAll("input:not([type=hidden]), textarea, select")].map(
      (one) => /** @type {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} */ (one),
    );
  const rest = fields(other);
  return fields(form).flatMap((field) => {
    const place = rest.findIndex((one) => one.name === field.name);
    return place < 0 ? [] : [/** @type {const} */ ([field, ...rest.splice(place, 1)])];
  });
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
