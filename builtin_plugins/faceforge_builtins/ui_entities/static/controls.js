/** What the controls of values do beyond plain fields: chips, suggestions, a calendar, words that follow what is typed. */

import { startPickers } from "../faceforge.ui_shell/picker.js";
import { t } from "../faceforge.ui_shell/texts.js";
import { startChipInputs } from "./chips.js";
import { startTypes } from "./types.js";

/** @param {ParentNode} root */
export function startControls(root) {
  startChipInputs(root);
  startPickers(root);
  for (const field of root.querySelectorAll("[data-types]")) if (field instanceof HTMLInputElement) startTypes(field);
  for (const field of root.querySelectorAll("[data-date]")) if (field instanceof HTMLElement) startDate(field);
  for (const kind of root.querySelectorAll("[data-kind]")) if (kind instanceof HTMLSelectElement) startKind(kind);
  const relate = root instanceof Element && root.matches("[data-relate]") ? root : root.querySelector("[data-relate]");
  if (relate instanceof HTMLFormElement) startSentences(relate);
}

/**
 * The text takes years and months, too; the browser's own calendar writes whole dates into it.
 * @param {HTMLElement} field
 */
function startDate(field) {
  const text = field.querySelector("input[type=text]");
  const native = field.querySelector("[data-date-native]");
  if (!(text instanceof HTMLInputElement) || !(native instanceof HTMLInputElement)) return;
  field.querySelector("[data-date-open]")?.addEventListener("click", () => {
    native.value = text.value;
    native.showPicker();
  });
  native.addEventListener("change", () => {
    if (native.value) text.value = native.value;
    text.focus();
  });
}

/**
 * JSON gets room.
 * @param {HTMLSelectElement} kind
 */
function startKind(kind) {
  const value = kind.parentElement?.querySelector("textarea");
  kind.addEventListener("change", () => {
    value?.classList.toggle("code", kind.value === "json");
    if (value) value.rows = kind.value === "json" ? 4 : 1;
    if (value && kind.value === "yes-no") value.value = t("Yes");
  });
}

/**
 * Both directions of a relationship, said with what is typed.
 * @param {HTMLFormElement} form
 */
function startSentences(form) {
  const name = form.dataset.relate ?? "";
  const joining = new Set((form.dataset.joining ?? "").split(" "));
  const words = [...form.querySelectorAll("[data-said]")].map((place) => ({ place, before: place.textContent ?? "" }));
  const say = () => {
    const type = form.elements.type.value.trim();
    const other = form.elements.other.value.trim();
    for (const { place, before } of words) {
      const [source, target] = place.getAttribute("data-said") === "out" ? [name, other] : [other, name];
      const [, ...others] = type.toLowerCase().split(/\s+/);
      const sentence = joining.has(others.at(-1) ?? " ") ? t("%(source)s: %(type)s %(target)s", { source, type, target }) : t("%(source)s is %(type)s of %(target)s", { source, type, target });
      place.textContent = type && other ? sentence : before;
    }
  };
  form.addEventListener("input", say);
  form.addEventListener("change", say);
  say();
}
