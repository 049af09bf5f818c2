/** The help of keys: fills each `[data-keys]` with the list of shortcuts. */

import { singleKeys, switchSingleKeys, watchShortcuts } from "./shortcuts.js";
import { t } from "./texts.js";

/** @typedef {import("./shortcuts.js").Shortcut} Shortcut */

export function startKeysList() {
  watchShortcuts((all) => {
    for (const place of document.querySelectorAll("[data-keys]")) place.replaceChildren(...listOf(all), switchOf());
  });
}

/** @param {Shortcut[]} all */
function listOf(all) {
  const groups = [...new Set(all.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const list = document.createElement("dl");
    list.className = "keys";
    list.append(...all.filter((one) => one.group === group).map(rowOf));
    if (!group) return [list];
    const heading = document.createElement("h3");
    heading.textContent = group;
    return [heading, list];
  });
}

/** @param {Shortcut} shortcut */
function rowOf({ keys, does }) {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const words = document.createElement("dd");
  for (const key of keys) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    term.append(cap, " ");
  }
  words.textContent = does;
  row.append(term, words);
  return row;
}

function switchOf() {
  const label = document.createElement("label");
  const box = document.createElement("input");
  label.className = "check";
  box.type = "checkbox";
  box.checked = singleKeys();
  box.addEventListener("change", () => {
    switchSingleKeys(box.checked);
    for (const other of document.querySelectorAll("[data-keys] input")) {
      if (other instanceof HTMLInputElement) other.checked = box.checked;
    }
  });
  label.append(box, t("Single keys do something while nothing is being typed"));
  return label;
}
