/** The way back from a thing leads to the list as it was left: filtered, sorted, in the view it had. */

/** @param {string} list its address, such as `/ui/entities` */
export function rememberList(list) {
  addEventListener("pagehide", () => sessionStorage.setItem(keyOf(list), location.search));
}

/** @param {string} list */
export function leadToList(list) {
  const link = document.querySelector("[data-to-list]");
  const left = sessionStorage.getItem(keyOf(list));
  if (link instanceof HTMLAnchorElement && left) link.search = left;
}

/** @param {string} list */
function keyOf(list) {
  return `faceforge.list:${list}`;
}
