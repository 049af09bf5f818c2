/** A picture that is looked at closely: by wheel, buttons, keys, two fingers or a double click; moved by dragging. */

import { t } from "../faceforge.ui_shell/texts.js";

/**
 * `by` steps in (1) or out (-1), `fit` shows all of it, `full` one pixel of it on each of the page, `pan` moves.
 * @typedef {{readonly zoomed: boolean, by: (steps: number) => void, fit: () => void, full: () => void,
 *   pan: (right: number, down: number) => void, stop: () => void}} Zoom
 */

const STEP = 1.3;
const LARGEST = 8;
const PAN = 80;
const SWIPE = 60;
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

/**
 * @param {HTMLElement} canvas
 * @param {(side: "before" | "after") => void} swipe what a finger does that wipes over the whole picture
 * @returns {Zoom}
 */
export function startZoom(canvas, swipe) {
  const image = canvas.querySelector("img");
  const listening = new AbortController();
  const { signal } = listening;
  /** How many times as large as when all of it is shown, and how far from the middle. */
  let [scale, x, y] = [1, 0, 0];
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let began = { x: 0, y: 0 };
  let sharpening = false;

  const size = () => ({
    width: Number(canvas.dataset.width) || image?.naturalWidth || 1,
    height: Number(canvas.dataset.height) || image?.naturalHeight || 1,
  });
  /** How large the whole picture is shown, of its original size. */
  const whole = () => Math.min(canvas.clientWidth / size().width, canvas.clientHeight / size().height, 1);
  const most = () => Math.max(LARGEST / whole(), LARGEST);

  const apply = () => {
    const { width, height } = size();
    const [wide, high] = [width, height].map((side) => side * whole() * scale);
    const [farX, farY] = [(wide - canvas.clientWidth) / 2, (high - canvas.clientHeight) / 2].map((far) => Math.max(0, far));
    x = Math.min(Math.max(x, -farX), farX);
    y = Math.min(Math.max(y, -farY), farY);
    if (image) image.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    canvas.classList.toggle("zoomed", scale > 1);
    const level = document.querySelector("[data-zoom-level]");
    if (level) level.textContent = scale === 1 ? t("Fit") : percent.format(whole() * scale);
    sharpen();
  };

  /** The small picture makes room for the original when it shows less than the screen could. */
  const sharpen = () => {
    const original = canvas.dataset.original;
    if (!image || !original || sharpening || image.getAttribute("src") === original) return;
    const wanted = size().width * whole() * scale * devicePixelRatio;
    const enough = wanted <= image.naturalWidth * 1.05 && (scale === 1 || Boolean(canvas.dataset.width));
    if (image.naturalWidth && !image.classList.contains("missing") && enough) return;
    sharpening = true;
    const full = new Image();
    full.src = original;
    full.decode().then(
      () => {
        image.removeAttribute("data-thumbnail");
        image.classList.remove("missing");
        const atFull = scale > 1 && scale === fullScale();
        image.src = full.src;
        if (canvas.dataset.width) return;
        // The file has not been read yet: that it is larger than the small picture is known from here on.
        canvas.dataset.width = String(full.naturalWidth);
        canvas.dataset.height = String(full.naturalHeight);
        if (atFull) scale = fullScale();
        apply();
      },
      () => {}, // The small one has to do.
    );
  };

  /**
   * Zoom so that what lies at a point of the page stays there.
   * @param {number} wanted
   * @param {{x: number, y: number}} [at]
   */
  const zoomTo = (wanted, at) => {
    const next = Math.min(Math.max(wanted, 1), most());
    const box = canvas.getBoundingClientRect();
    const point = at ? { x: at.x - box.x - box.width / 2, y: at.y - box.y - box.height / 2 } : { x: 0, y: 0 };
    x = point.x - ((point.x - x) * next) / scale;
    y = point.y - ((point.y - y) * next) / scale;
    scale = next;
    apply();
  };
  const fullScale = () => Math.max(1 / whole(), 1);
  /** @param {{x: number, y: number}} [at] */
  const toggle = (at) => zoomTo(scale > 1 ? 1 : Math.max(fullScale(), 2), at);

  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ listener) =>
    canvas.addEventListener(type, listener, { signal, passive: false });
  on("wheel", (event) => {
    event.preventDefault();
    zoomTo(scale * Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event);
  });
  on("dblclick", (event) => toggle(event));
  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    began = { x: event.clientX, y: event.clientY };
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("held");
  });
  on("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    const now = { x: event.clientX, y: event.clientY };
    fingers.set(event.pointerId, now);
    if (other) {
      zoomTo((scale * distance(now, other)) / (distance(before, other) || 1), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else if (scale > 1) {
      [x, y] = [x + now.x - before.x, y + now.y - before.y];
      apply();
    }
  });
  const release = (/** @type {PointerEvent} */ event) => {
    const last = fingers.get(event.pointerId);
    const alone = fingers.size === 1;
    fingers.delete(event.pointerId);
    if (!fingers.size) canvas.classList.remove("held");
    if (!last || !alone || scale > 1 || event.pointerType !== "touch" || event.type !== "pointerup") return;
    const [over, up] = [event.clientX - began.x, event.clientY - began.y];
    if (Math.abs(over) > SWIPE && Math.abs(over) > 2 * Math.abs(up)) swipe(over > 0 ? "before" : "after");
  };
  on("pointerup", release);
  on("pointercancel", release);
  image?.addEventListener("load", apply, { signal });
  image?.addEventListener("error", sharpen, { signal });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-zoom-by]");
    const what = button && button.getAttribute("data-zoom-by");
    if (what === "in" || what === "out") zoomTo(scale * (what === "in" ? STEP : 1 / STEP));
    else if (what === "toggle") toggle();
  }, { signal });
  const watching = new ResizeObserver(apply);
  watching.observe(canvas);

  return {
    get zoomed() {
      return scale > 1;
    },
    by: (steps) => zoomTo(scale * STEP ** steps),
    fit: () => zoomTo(1),
    full: () => zoomTo(fullScale()),
    pan: (right, down) => {
      [x, y] = [x + right * PAN, y + down * PAN];
      apply();
    },
    stop: () => {
      listening.abort();
      watching.disconnect();
    },
  };
}

/**
 * @param {{x: number, y: number}} one
 * @param {{x: number, y: number}} other
 */
function distance(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
