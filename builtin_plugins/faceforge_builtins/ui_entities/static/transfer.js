/** One file on its way: sent with progress, then linked to the entity. */

import { t } from "../faceforge.ui_shell/texts.js";

/** What went wrong, as a sentence for the person who dropped the file. */
export class UploadRefused extends Error {}

/**
 * Send a file and link it.
 * @param {File} file
 * @param {string} entityId
 * @param {{signal: AbortSignal, progress: (percent: number) => void}} how
 */
export async function attach(file, entityId, { signal, progress }) {
  if (file.size === 0) throw new UploadRefused(t("The file is empty."));
  const asset = await send(file, signal, progress);
  const answer = await fetch(`/v1/entities/${entityId}/assets/${asset.asset_id}`, { method: "POST", signal });
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new UploadRefused(sentence(answer.status, said));
}

/**
 * `fetch` can't tell how much of a body is sent; XMLHttpRequest can.
 * @param {File} file
 * @param {AbortSignal} signal
 * @param {(percent: number) => void} progress
 * @returns {Promise<{asset_id: string}>}
 */
function send(file, signal, progress) {
  const body = new FormData();
  body.append("file", file, file.name);
  const request = new XMLHttpRequest();
  request.responseType = "json";
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress((100 * event.loaded) / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status === 200) resolve(request.response.data);
      else reject(new UploadRefused(sentence(request.status, request.response)));
    });
    request.addEventListener("error", () =>
      reject(new UploadRefused(t("FaceForge Core did not answer. Check that it is running, then try again."))),
    );
    request.addEventListener("abort", () => reject(new DOMException("Canceled", "AbortError")));
    request.open("POST", "/v1/assets/upload");
    request.send(body);
  });
}

/**
 * @param {number} status
 * @param {{error?: {message?: string}} | null} answer
 */
function sentence(status, answer) {
  if (status === 401) return t("You are signed out. Reload the page and sign in again.");
  if (status === 404) return t("The entity is gone; somebody moved it to the trash.");
  return answer?.error?.message ?? t("Core refused the file (%(status)s).", { status });
}
