/** The grid of assets: search while typing, filters without a reload, choosing many, uploads, more at the end. */

import { startListing } from "../faceforge.ui_shell/listing.js";
import { startMore } from "../faceforge.ui_shell/more.js";
import { startPickers } from "../faceforge.ui_shell/picker.js";
import { edition, fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";
import { keepSelection, startSelection } from "../faceforge.ui_shell/selection.js";
import { t, tn } from "../faceforge.ui_shell/texts.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";
import { upload } from "../faceforge.ui_shell/transfer.js";
import { startUploads } from "../faceforge.ui_shell/uploads.js";
import { rememberLeaving, returnToTile } from "./coming_back.js";

const PATH = "/ui/assets";
const REGIONS = ["count", "kept", "menus", "tags", "results", "selection"];
const PAUSE_MS = 400;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
/** @type {AbortController | undefined} */
let running;

startThumbnails();
startListing({ path: PATH, regions: REGIONS, sort: "newest", changed: startBar });
startSelection();
startBar();
startUploads({
  send: upload,
  arrived: refreshSoon,
  done: t("Stored"),
  running: (all) => tn("Uploading %(num)s file", "Uploading %(num)s files", all),
  failed: (failed, all) =>
    tn("%(failed)s of %(num)s file could not be stored", "%(failed)s of %(num)s files could not be stored", all, { failed }),
  finished: (all) => tn("%(num)s file is in your library", "%(num)s files are in your library", all),
});
rememberLeaving();
await startMore();
returnToTile();

function startBar() {
  startPickers(document.getElementById("selection") ?? document);
}

function refreshSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, PAUSE_MS);
}

/** Show what was stored meanwhile; of a list that has grown by scrolling only the number, so that nobody loses the place. */
async function refresh() {
  running?.abort(); // A list that was made before the last file was there would come behind one that has it.
  running = new AbortController();
  const before = edition;
  try {
    const page = await fetchPage(location.href, running.signal);
    // Another list came meanwhile, or is about to.
    if (edition !== before || document.getElementById("results")?.getAttribute("aria-busy") === "true") return refreshSoon();
    const [here, there] = [document, page].map((from) => from.querySelectorAll("[data-more-into] > li").length);
    const restore = keepSelection();
    swapRegions(page, here <= there ? ["count", "results", ...(here ? [] : ["selection"])] : ["count"]);
    restore();
    if (!here) startBar();
  } catch {
    // The files are stored; the next look at the page shows them.
  }
}
