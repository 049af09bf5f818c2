/** Links that open a dialog in place of the page they lead to. */

/** `<a href="/page" data-dialog="id">` opens that dialog; `data-close` inside closes it, so does a click beside it. */
export function startDialogs() {
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !plain(event)) return;
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.getAttribute("data-dialog") ?? "");
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
    } else if (event.target.closest("[data-close]")) {
      event.target.closest("dialog")?.close();
    } else if (event.target instanceof HTMLDialogElement && beside(event.target, event)) {
      event.target.close();
    }
  });
}

/** @param {MouseEvent} event */
function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function beside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
