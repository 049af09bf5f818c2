/** Doing what a button or link of the page does. */

/**
 * Press the first element that fits; false if there is none.
 * @param {string} selector
 */
export function press(selector) {
  const target = document.querySelector(selector);
  if (!(target instanceof HTMLElement)) return false;
  target.click();
  return true;
}

/** Create an entity: where the page has a way of its own, that; else on the page for it. */
export function create() {
  if (press("main a[href='/ui/entities/new'], main [data-creates='entity']")) return true;
  if (!document.querySelector("#navigation a[href='/ui/entities']")) return false;
  location.assign("/ui/entities/new");
  return true;
}
