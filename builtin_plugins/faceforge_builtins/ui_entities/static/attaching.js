/** Files dropped on an entity's page: stored, then linked to it. */

import { t, tn } from "../faceforge.ui_shell/texts.js";
import { startUploads } from "../faceforge.ui_shell/uploads.js";
import { renew } from "./renewing.js";
import { attach } from "./transfer.js";

export function startAttaching() {
  const entityId = document.getElementById("entity")?.dataset.entityId;
  if (!entityId) return;
  startUploads({
    send: (file, how) => attach(file, entityId, how),
    arrived: renew,
    done: t("Attached"),
    running: (all) => tn("Attaching %(num)s file", "Attaching %(num)s files", all),
    failed: (failed, all) =>
      tn("%(failed)s of %(num)s file could not be attached", "%(failed)s of %(num)s files could not be attached", all, { failed }),
    finished: (all) => tn("%(num)s file attached", "%(num)s files attached", all),
  });
}
