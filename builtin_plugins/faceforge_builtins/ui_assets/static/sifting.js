/** Finding something among all that a file says: names and values that hold every typed word stay. */

import { tn } from "../faceforge.ui_shell/texts.js";

export function startSifting() {
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches("[data-sift]")) sift(event.target);
  });
}

/** @param {HTMLInputElement} field */
function sift(field) {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const source of document.querySelectorAll("[data-source]")) {
    if (!(source instanceof HTMLDetailsElement)) continue;
    const title = source.querySelector("summary")?.textContent?.toLowerCase() ?? "";
    let here = 0;
    for (const datum of source.querySelectorAll("[data-datum]")) {
      const text = `${title} ${datum.textContent?.toLowerCase()}`;
      const stays = words.every((word) => text.includes(word));
      datum.toggleAttribute("hidden", !stays);
      here += Number(stays);
    }
    source.hidden = here === 0;
    source.open = words.length > 0 && here > 0;
    found += here;
  }
  document.querySelector("[data-sift-none]")?.toggleAttribute("hidden", found > 0);
  const status = document.querySelector("[data-sifted]");
  if (status) status.textContent = words.length ? tn("%(num)s value found", "%(num)s values found", found) : "";
}
