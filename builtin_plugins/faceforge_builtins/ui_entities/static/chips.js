/** A field for several short texts: each becomes a chip at a comma or Enter. The textarea behind it is what is sent. */

import { t } from "../faceforge.ui_shell/texts.js";

/** @param {ParentNode} root */
export function startChipInputs(root) {
  for (const area of root.querySelectorAll("textarea[data-chips]")) {
    if (area instanceof HTMLTextAreaElement) enhance(area);
  }
}

/** @param {HTMLTextAreaElement} area */
function enhance(area) {
  const box = document.createElement("div");
  const input = document.createElement("input");
  box.className = "chips-input";
  input.id = area.id;
  input.dir = "auto";
  input.autocomplete = "off";
  input.setAttribute("aria-describedby", area.getAttribute("aria-describedby") ?? "");
  input.autofocus = area.autofocus;
  input.toggleAttribute("data-autofocus", area.hasAttribute("data-autofocus"));
  const typing = document.activeElement === area; // before this script was there
  area.removeAttribute("id");
  area.hidden = true;
  box.append(input);
  area.before(box);

  const texts = () => area.value.split("\n").filter((text) => text.trim());
  const write = (/** @type {string[]} */ next) => {
    area.value = next.join("\n");
    for (const old of box.querySelectorAll(".chip")) old.remove();
    input.before(...next.map((text) => chip(text, remove)));
  };
  const remove = (/** @type {string} */ text) => {
    write(texts().filter((other) => other !== text));
    input.focus();
  };
  const add = (/** @type {string} */ typed) => {
    const fresh = typed.trim();
    input.value = "";
    if (fresh && !texts().includes(fresh)) write([...texts(), fresh]);
  };
  const before = texts();
  const begun = typing ? (before.pop() ?? "") : "";
  write([...new Set(before.map((text) => text.trim()))]);
  if (typing) {
    input.value = begun;
    input.focus();
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && input.value.trim()) {
      event.preventDefault();
      add(input.value);
    } else if (event.key === "Backspace" && !input.value && texts().length) {
      event.preventDefault();
      write(texts().slice(0, -1));
    }
  });
  input.addEventListener("input", (event) => {
    if (event instanceof InputEvent && event.isComposing) return;
    const parts = input.value.split(/[,，、\n]/);
    if (parts.length < 2) return;
    for (const part of parts) add(part);
  });
  // What was typed and not yet ended counts, too, when the form is sent or left by Tab.
  input.addEventListener("blur", () => add(input.value));
  area.form?.addEventListener("submit", () => add(input.value), { capture: true });
  box.addEventListener("click", (event) => {
    if (event.target === box) input.focus();
  });
}

/**
 * @param {string} text
 * @param {(text: string) => void} remove
 */
function chip(text, remove) {
  const chip = document.createElement("span");
  const label = document.createElement("span");
  const button = document.createElement("button");
  chip.className = "chip";
  label.className = "chip-text";
  label.dir = "auto";
  label.textContent = text;
  button.type = "button";
  button.className = "chip-remove";
  button.textContent = "×";
  button.setAttribute("aria-label", t("Remove %(name)s", { name: text }));
  button.addEventListener("click", () => remove(text));
  chip.append(label, button);
  return chip;
}
