/** Search as you type: all cards are on the page, so it hides those that do not fit. The address says what is typed. */

import { fetchPage, swapRegions } from "../faceforge.ui_shell/regions.js";

/** @returns {() => void} looks through the cards again, after they changed */
export function startSearch() {
  const form = document.getElementById("search");
  const field = form?.querySelector("input[type=search]");
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return () => {};
  /** What the server left out for the search of the address. @type {Promise<void> | undefined} */
  let rest = field.defaultValue.trim() ? undefined : Promise.resolve();
  const look = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const card of document.querySelectorAll("[data-plugin]")) {
      const said = (card.getAttribute("data-plugin") ?? "").toLowerCase();
      card.toggleAttribute("hidden", !words.every((word) => said.includes(word)));
    }
    let found = 0;
    for (const group of document.querySelectorAll("[data-group]")) {
      const shown = group.querySelectorAll("[data-plugin]:not([hidden])").length;
      found += shown;
      group.toggleAttribute("hidden", shown === 0 && words.length > 0);
    }
    document.getElementById("nothing")?.toggleAttribute("hidden", found > 0 || words.length === 0);
  };
  const typed = async () => {
    remember(field.value.trim());
    rest ??= fetchAll().catch(() => form.submit());
    await rest;
    look();
  };
  field.addEventListener("input", typed);
  form.addEventListener("submit", (event) => event.preventDefault());
  if (field.value !== field.defaultValue) typed(); // before this script was there
  return look;
}

/** All cards, in place of those that fit the search of the address. */
async function fetchAll() {
  const address = new URL(location.href);
  address.searchParams.delete("q");
  swapRegions(await fetchPage(address), ["results"]);
}

/** @param {string} typed */
function remember(typed) {
  const address = new URL(location.href);
  if (typed) address.searchParams.set("q", typed);
  else address.searchParams.delete("q");
  history.replaceState(history.state, "", address);
  for (const link of document.querySelectorAll("#chips a")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    const there = new URL(link.href);
    if (typed) there.searchParams.set("q", typed);
    else there.searchParams.delete("q");
    link.href = there.href;
  }
}
