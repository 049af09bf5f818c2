/** A file for an entity: stored with progress, then linked. */

import { t } from "../faceforge.ui_shell/texts.js";
import { sentence, upload, UploadRefused } from "../faceforge.ui_shell/transfer.js";

/**
 * Send a file and link it.
 * @param {File} file
 * @param {string} entityId
 * @param {{signal: AbortSignal, progress: (percent: number) => void}} how
 */
export async function attach(file, entityId, how) {
  const asset = await upload(file, how);
  const answer = await fetch(`/v1/entities/${entityId}/assets/${asset.asset_id}`, { method: "POST", signal: how.signal });
  if (answer.status === 404) throw new UploadRefused(t("The entity is gone; somebody moved it to the trash."));
  if (!answer.ok) throw new UploadRefused(sentence(answer.status, await answer.json().catch(() => null)));
}
