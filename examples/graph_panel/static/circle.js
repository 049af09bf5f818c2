/** Makes the drawing answer: kinds can be hidden, and who is pointed at or focused shows their own lines. */

const circle = document.querySelector("svg.circle");
const drawn = [...document.querySelectorAll(".circle path[data-kind], details li[data-kind]")];

for (const box of document.querySelectorAll("input[data-kind]")) {
  box.addEventListener("change", () => {
    for (const one of drawn) {
      if (one.getAttribute("data-kind") === box.getAttribute("data-kind")) {
        one.toggleAttribute("hidden", !box.checked);
        one.setAttribute("visibility", box.checked ? "visible" : "hidden");
      }
    }
  });
}

for (const link of circle?.querySelectorAll("a[data-entity]") ?? []) {
  for (const event of ["pointerenter", "focus"]) link.addEventListener(event, () => point(link.dataset.entity));
  for (const event of ["pointerleave", "blur"]) link.addEventListener(event, () => point(null));
}

/** @param {string | null} entity */
function point(entity) {
  circle?.classList.toggle("pointing", entity !== null);
  for (const line of circle?.querySelectorAll("path") ?? []) {
    line.classList.toggle("lit", entity !== null && (line.dataset.ends ?? "").split(" ").includes(entity));
  }
}
