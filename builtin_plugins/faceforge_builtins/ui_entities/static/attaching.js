/** Files dropped on an entity's page: stored, then linked to it. */

import { fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";
import { t, tn } from "../faceforge.ui_shell/texts.js";
import { startUploads } from "../faceforge.ui_shell/uploads.js";
import { attach } from "./transfer.js";

const REGIONS = ["cover", "panel"];

/** @type {AbortController | undefined} */
let running;

export function startAttaching() {
  const entityId = document.getElementById("entity")?.dataset.entityId;
  if (!entityId) return;
  startUploads({
    send: (file, how) => attach(file, entityId, how),
    arrived: refresh,
    done: t("Attached"),
    running: (all) => tn("Attaching %(num)s file", "Attaching %(num)s files", all),
    failed: (failed, all) =>
      tn("%(failed)s of %(num)s file could not be attached", "%(failed)s of %(num)s files could not be attached", all, { failed }),
    finished: (all) => tn("%(num)s file attached", "%(num)s files attached", all),
  });
}

/** Show what is attached now, in place. */
async function refresh() {
  running?.abort(); // A page that was made before this file was there would take it away again.
  running = new AbortController();
  try {
    const page = await fetchPage(location.href, running.signal);
    // What is being typed stays.
    const typing = document.querySelector("#panel form[data-inplace-form]");
    swapRegions(page, typing ? ["cover"] : REGIONS);
  } catch {
    // The files are stored; the next look at the page shows them.
  }
}
