/** Sound and film that this browser can't play make room for a way to download them. */

export function startPlayers() {
  // "error" does not bubble; capturing hears of players that come later, too.
  document.addEventListener("error", (event) => giveWay(event.target), true);
  for (const player of document.querySelectorAll("[data-player]")) {
    if (player instanceof HTMLMediaElement && player.error) giveWay(player);
  }
}

/** @param {EventTarget | null} player */
function giveWay(player) {
  if (!(player instanceof HTMLMediaElement) || !player.hasAttribute("data-player")) return;
  document.querySelector("[data-unplayable]")?.removeAttribute("hidden");
  (player.closest(".sound") ?? player).toggleAttribute("hidden", true);
}
