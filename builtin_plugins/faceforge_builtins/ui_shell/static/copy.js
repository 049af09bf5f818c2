/** Buttons that copy a text: `<button data-copy="…" data-copied="Id copied.">`. */

import { notify } from "./notices.js";
import { t } from "./texts.js";

export function startCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.getAttribute("data-copy") ?? "";
    try {
      await navigator.clipboard.writeText(text);
      notify(button.getAttribute("data-copied") ?? t("Copied."));
    } catch {
      notify(text); // No clipboard for this page: show the text, to be copied by hand.
    }
  });
}
