/** One file on its way to Core, with progress. */

import { t } from "./texts.js";

/** What went wrong, as a sentence for the person who dropped the file. */
export class UploadRefused extends Error {}

/**
 * Store a file. `fetch` can't tell how much of a body is sent; XMLHttpRequest can.
 * @param {File} file
 * @param {{signal: AbortSignal, progress: (percent: number) => void}} how
 * @returns {Promise<{asset_id: string}>}
 */
export function upload(file, { signal, progress }) {
  if (file.size === 0) return Promise.reject(new UploadRefused(t("The file is empty.")));
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
 * What Core said, for people.
 * @param {number} status
 * @param {{error?: {message?: string}} | null} answer
 */
export function sentence(status, answer) {
  if (status === 401) return t("You are signed out. Reload the page and sign in again.");
  return answer?.error?.message ?? t("Core refused the file (%(status)s).", { status });
}
