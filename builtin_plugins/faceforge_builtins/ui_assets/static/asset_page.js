/** The page of one file: zoom, players, going on to the next, and what is known of it. */

import { startLiveForms } from "../faceforge.ui_shell/live.js";
import { startPickers } from "../faceforge.ui_shell/picker.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";
import { startPlayers } from "./players.js";
import { startSifting } from "./sifting.js";
import { forgetAhead, startViewer } from "./viewer.js";

startThumbnails();
startSifting();
startPlayers();
startViewer(startSide);
startSide();
startLiveForms(["owners", "keeping"], (form) => {
  forgetAhead(); // What was fetched of the neighbours may say something else by now.
  startSide();
  if (form.matches(".owner-form")) document.getElementById("owner-name")?.focus({ preventScroll: true });
});

// Whoever chose a suggestion has said enough.
document.addEventListener("change", (event) => {
  const form = event.target instanceof HTMLInputElement && event.target.closest(".owner-form");
  const chosen = form && form.querySelector("input[name='name-id']");
  if (form instanceof HTMLFormElement && chosen instanceof HTMLInputElement && chosen.value) form.requestSubmit();
});

function startSide() {
  startPickers(document.getElementById("owners") ?? document);
}
