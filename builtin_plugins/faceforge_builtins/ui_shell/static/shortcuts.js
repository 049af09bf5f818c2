/** Keys that work on every page: `/` goes to the search field. */

export function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const search = document.querySelector("input[type='search']");
    if (!(search instanceof HTMLInputElement) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
