/** Rows of a form that come and go: `data-rows` holds them, `button[name=remove]` takes one out. */

/**
 * @param {HTMLFormElement} form
 * @param {string} adding the name of the button that adds a row
 */
export function startRows(form, adding) {
  const list = form.querySelector("[data-rows]");
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!list || !button || !["remove", adding].includes(button.name)) return;
    event.preventDefault();
    if (button.name === adding) another(list)?.focus();
    else remove(list, button);
  });
  list?.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.isComposing) return;
    if (!(event.target instanceof HTMLInputElement) || !event.target.value) return;
    event.preventDefault();
    const next = event.target.closest("li")?.nextElementSibling?.querySelector("input");
    (next ?? another(list))?.focus();
  });
}

/** @param {Element} list */
function another(list) {
  const template = list.parentElement?.querySelector("template[data-row]");
  const model = template instanceof HTMLTemplateElement ? template.content.firstElementChild : list.lastElementChild;
  const row = model?.cloneNode(true);
  if (!(row instanceof Element)) return null;
  list.append(row);
  const input = row.querySelector("input");
  if (input) input.value = "";
  number(list);
  return input;
}

/**
 * Where there has to be one to type in, the last one is emptied instead.
 * @param {Element} list
 * @param {HTMLButtonElement} button
 */
function remove(list, button) {
  const row = button.closest("li");
  const near = row?.nextElementSibling ?? row?.previousElementSibling;
  const optional = list.getAttribute("data-rows") === "optional";
  const input = (near ?? row)?.querySelector("input");
  if (row && (near || optional)) row.remove();
  else if (input) input.value = "";
  number(list);
  const adding = list.parentElement?.querySelector("p button");
  if (input?.isConnected) input.focus();
  else if (adding instanceof HTMLElement) adding.focus();
}

/** @param {Element} list */
function number(list) {
  [...list.children].forEach((row, place) => {
    for (const one of row.querySelectorAll("input, select, button")) {
      if (one instanceof HTMLButtonElement) one.value = String(place);
      else one.setAttribute("name", (one.getAttribute("name") ?? "").replace(/\d+$/, String(place)));
      one.setAttribute("aria-label", (one.getAttribute("aria-label") ?? "").replace(/\d+/, String(place + 1)));
    }
  });
}
