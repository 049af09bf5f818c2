/** The entity's page as it is now, put where the older one is. */

import { edition, fetchPage, swapChanged } from "../faceforge.ui_shell/regions.js";

const REGIONS = ["cover", "identity", "panel"];

/** @type {AbortController | undefined} */
let running;

/** Show what has come in; a region in which something is being typed stays as it is. */
export async function renew() {
  running?.abort(); // A page that was made before the last change would take it away again.
  running = new AbortController();
  const before = edition;
  try {
    const page = await fetchPage(location.href, running.signal);
    if (edition !== before) return renew();
    const typing = document.querySelector("[data-place] form[data-inplace-form]")?.closest(REGIONS.map((id) => `#${id}`).join());
    swapChanged(page, REGIONS.filter((id) => id !== typing?.id));
  } catch {
    // What came in is stored; the next look at the page shows it.
  }
}
