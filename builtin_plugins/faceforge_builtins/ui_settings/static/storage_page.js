/** Storage: rules come and go without a reload, and a connection is tried with the form as it stands. */

import { notify } from "../faceforge.ui_shell/notices.js";
import { swapRegions } from "../faceforge.ui_shell/regions.js";
import { t } from "../faceforge.ui_shell/texts.js";
import { startRows } from "./rows.js";

const rules = document.querySelector("#routing form");
if (rules instanceof HTMLFormElement) startRows(rules, "more");

const server = document.getElementById("s3-form");
if (server instanceof HTMLFormElement) startTrial(server);

/** @param {HTMLFormElement} form */
function startTrial(form) {
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.name !== "test") return;
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    const words = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = t("Testing…");
    try {
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) body.append(name, String(value));
      body.set("test", "1");
      const answer = await fetch(form.action, { method: "POST", body });
      if (!answer.ok) throw new Error(String(answer.status));
      swapRegions(new DOMParser().parseFromString(await answer.text(), "text/html"), ["trial"]);
    } catch {
      notify(t("FaceForge Core did not answer. Check that it is running, then try again."));
    }
    button.textContent = words;
    button.removeAttribute("aria-disabled");
  });
}
