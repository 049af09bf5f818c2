/** Fields of forms: where the eye and the typing should be. */

/**
 * Put the focus on a field; in one of JSON that is wrong, the caret where it is wrong.
 * @param {Element | null} field
 */
export function focusOn(field) {
  if (!(field instanceof HTMLElement)) return;
  field.focus();
  if (!(field instanceof HTMLTextAreaElement) || !field.dataset.offset) return;
  const offset = Number(field.dataset.offset);
  field.setSelectionRange(offset, offset);
}

/**
 * The first field that is wrong; of a group that is, such as a list, its first field.
 * @param {ParentNode} root
 */
export function firstWrong(root) {
  const wrong = root.querySelector("[aria-invalid]:not([hidden]), fieldset[data-wrong]");
  if (!wrong?.matches("fieldset")) return wrong;
  return wrong.querySelector("input:not([type=hidden]), select, textarea, button") ?? wrong;
}
