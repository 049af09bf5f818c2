/** The trash: pictures that are still being made, and a box that ticks all. */

import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

startThumbnails();

const form = document.getElementById("things");
const all = form?.querySelector("[data-all]");
if (form && all instanceof HTMLInputElement) {
  const boxes = () => [...form.querySelectorAll("input[name='id']")].filter((one) => one instanceof HTMLInputElement);
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  });
}
