/** The way back from an entity leads to the list as it was left: filtered, sorted, as gallery or table. */

const KEY = "faceforge.list";

export function rememberList() {
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, location.search));
}

export function leadToList() {
  const link = document.querySelector("[data-to-list]");
  const left = sessionStorage.getItem(KEY);
  if (link instanceof HTMLAnchorElement && left) link.search = left;
}
