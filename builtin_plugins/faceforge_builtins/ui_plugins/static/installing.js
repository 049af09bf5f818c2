/** Installing by dropping a file on the page, and by choosing one. */

import { startDropping } from "../faceforge.ui_shell/dropping.js";
import { notify } from "../faceforge.ui_shell/notices.js";
import { t } from "../faceforge.ui_shell/texts.js";

export function startInstalling() {
  const form = document.querySelector("[data-install]");
  const field = form?.querySelector("input[type=file]");
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return;
  form.addEventListener("submit", () => {
    const button = form.querySelector(".primary");
    if (!(button instanceof HTMLButtonElement)) return;
    button.disabled = true;
    button.textContent = t("Installing…");
  });
  // A page that comes back out of the browser's memory can be used again.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  const drop = document.getElementById("drop-target");
  startDropping(
    drop,
    (files) => {
      if (files.length > 1) return notify(t("Drop one file at a time."));
      const carried = new DataTransfer();
      carried.items.add(files[0]);
      field.files = carried.files;
      form.requestSubmit();
    },
    () => notify(t("This is a folder. Pack it as a ZIP, or copy it into the plugins folder.")),
  );
}
