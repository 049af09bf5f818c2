/** Parts of a page that are fetched anew: every address gives a whole page, and the parts are taken from it. */

/**
 * How often parts of this page were filled anew. What was asked for before the last time may be older than what is shown.
 */
export let edition = 0;

/**
 * The page at an address.
 * @param {string | URL} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<Document>}
 */
export async function fetchPage(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  if (answer.redirected && new URL(answer.url).pathname === "/ui/login") {
    location.reload(); // The session ended; the reload leads to the sign-in and back.
    throw new DOMException("Signed out", "AbortError");
  }
  if (!answer.ok) throw new Error(`The page answered ${answer.status}.`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/**
 * What is being typed in one of these elements, for whoever fills them anew. Returns what puts it back.
 * @param {string[]} ids
 */
export function keepTyping(ids) {
  const field = document.activeElement;
  const id = ids.find((one) => document.getElementById(one)?.contains(field));
  if (!id || !(field instanceof HTMLInputElement) || !field.name) return () => {};
  if (field.matches("[type=checkbox], [type=radio]")) return () => {};
  const { name, value, selectionStart, selectionEnd } = field;
  return () => {
    const same = document.getElementById(id)?.querySelector(`input[name="${CSS.escape(name)}"]`);
    if (!(same instanceof HTMLInputElement)) return;
    same.value = value;
    same.focus({ preventScroll: true });
    if (selectionStart !== null) same.setSelectionRange(selectionStart, selectionEnd);
  };
}

/**
 * Fill the elements with these ids as another page fills them. The elements themselves stay: a live region that is
 * replaced is not announced.
 * @param {Document} page
 * @param {string[]} ids
 */
export function swapRegions(page, ids) {
  edition += 1;
  for (const id of ids) {
    const fresh = [...(page.getElementById(id)?.childNodes ?? [])];
    document.getElementById(id)?.replaceChildren(...fresh.map((node) => document.adoptNode(node)));
  }
}

/**
 * The same for those that the other page fills differently; the others keep focus and selection.
 * @param {Document} page
 * @param {string[]} ids
 */
export function swapChanged(page, ids) {
  const changed = (/** @type {string} */ id) => {
    const [here, there] = [document, page].map((from) => [...(from.getElementById(id)?.childNodes ?? [])]);
    return here.length !== there.length || here.some((node, place) => !node.isEqualNode(there[place]));
  };
  swapRegions(page, ids.filter(changed));
}
