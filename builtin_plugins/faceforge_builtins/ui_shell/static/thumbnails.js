/** Pictures that are still being made: asked for again, a little later each time. */

const PAUSES_MS = [600, 1200, 2500, 5000, 10_000, 20_000];

export function startThumbnails() {
  // "error" and "load" do not bubble; capturing sees them for pictures that come later, too.
  document.addEventListener("error", (event) => missing(event.target), true);
  document.addEventListener("load", (event) => arrived(event.target), true);
  for (const image of document.querySelectorAll("img[data-thumbnail]")) {
    if (image instanceof HTMLImageElement && image.complete && !image.naturalWidth && image.currentSrc) missing(image);
  }
}

/** @param {EventTarget | null} image */
function missing(image) {
  if (!(image instanceof HTMLImageElement) || !image.hasAttribute("data-thumbnail")) return;
  image.classList.add("missing");
  const attempt = Number(image.dataset.attempt ?? 0);
  if (attempt >= PAUSES_MS.length) return;
  image.dataset.attempt = String(attempt + 1);
  setTimeout(() => {
    if (!image.isConnected || !image.hasAttribute("data-thumbnail")) return; // The original has taken its place.
    image.loading = "eager"; // What is not displayed is never near enough for a lazy picture.
    const address = new URL(image.src);
    address.searchParams.set("attempt", String(attempt + 1));
    image.src = address.href;
  }, PAUSES_MS[attempt]);
}

/** @param {EventTarget | null} image */
function arrived(image) {
  if (image instanceof HTMLImageElement) image.classList.remove("missing");
}
