/** A field that suggests entities by their names while one types. */

import { t, tn } from "./texts.js";

const PAUSE_MS = 150;
const MOST = 8;
let count = 0;

/** @param {ParentNode} root */
export function startPickers(root) {
  for (const picker of root.querySelectorAll("[data-picker]")) if (picker instanceof HTMLElement) startPicker(picker);
}

/**
 * A combobox (ARIA 1.2) over an input. The hidden field beside it carries the id of the chosen entity.
 * @param {HTMLElement} picker
 */
function startPicker(picker) {
  const input = picker.querySelector("input:not([type=hidden], [type=radio])");
  const hidden = picker.querySelector("input[type=hidden]");
  if (!(input instanceof HTMLInputElement) || !(hidden instanceof HTMLInputElement)) return;
  suggest(picker, input, {
    find: async (text, signal) => {
      // Whoever is called just so may not be among the first of the many whose names have these letters in them.
      const [same, alike] = await Promise.all([entities({ name: text }, signal), entities({ q: text }, signal)]);
      const others = alike.filter((one) => !same.some(({ entity_id }) => entity_id === one.entity_id));
      return bestFirst([...same, ...others], text).map(entityOption);
    },
    typed: () => (hidden.value = ""),
    choose: (option) => {
      input.value = option.dataset.name ?? "";
      hidden.value = option.dataset.id ?? "";
    },
  });
}

/**
 * @param {HTMLElement} box
 * @param {HTMLInputElement} input
 * @param {{find: (text: string, signal: AbortSignal) => Promise<HTMLElement[]>, typed: () => void, choose: (option: HTMLElement) => void}} how
 */
function suggest(box, input, { find, typed, choose }) {
  const options = document.createElement("ul");
  const status = document.createElement("p");
  options.id = `suggestions-${++count}`;
  options.className = "suggestions";
  options.setAttribute("role", "listbox");
  options.setAttribute("aria-label", t("Suggestions"));
  options.hidden = true;
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  box.append(options, status);
  const facts = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": options.id };
  for (const [name, value] of Object.entries(facts)) input.setAttribute(name, value);

  /** @type {AbortController | undefined} */
  let running;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const current = () => options.querySelector("[aria-selected=true]");
  const show = (/** @type {boolean} */ open) => {
    options.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) input.removeAttribute("aria-activedescendant");
  };
  const select = (/** @type {Element | null | undefined} */ option) => {
    current()?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const stop = () => {
    clearTimeout(waiting);
    running?.abort();
    show(false);
  };
  const take = (/** @type {Element} */ option) => {
    stop();
    choose(/** @type {HTMLElement} */ (option));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const look = async () => {
    const text = input.value.trim();
    if (!text) return stop();
    running?.abort();
    const { signal } = (running = new AbortController());
    try {
      const found = await find(text, signal);
      found.forEach((option, index) => (option.id = `${options.id}-${index}`));
      options.replaceChildren(...found);
      show(found.length > 0 && document.activeElement === input);
      select(found[0]);
      status.textContent = found.length ? tn("%(num)s suggestion", "%(num)s suggestions", found.length) : t("No entity has this name.");
    } catch {
      if (!signal.aborted) show(false); // Sending the form asks again.
    }
  };

  input.addEventListener("input", () => {
    typed();
    // Until the answer comes, Enter takes nothing that was offered for fewer letters and no longer fits.
    if (!current()?.textContent?.toLowerCase().includes(input.value.trim().toLowerCase())) select(null);
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !options.hidden;
    if (event.key === "ArrowDown" && !open) return void look();
    if (!open) return;
    const [all, at] = [[...options.children], current()];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      select(all[(all.indexOf(/** @type {Element} */ (at)) + step + all.length) % all.length]);
    } else if (event.key === "Enter" && at) {
      event.preventDefault();
      take(at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      stop();
    }
  });
  // Before the field loses the focus, which would close the list.
  options.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target instanceof Element && event.target.closest("[role=option]");
    if (option) take(option);
  });
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 * @returns {Promise<any[]>}
 */
async function list(address, signal) {
  const answer = await fetch(address, { signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}.`);
  return (await answer.json()).data.items;
}

/**
 * @param {Record<string, string>} wanted
 * @param {AbortSignal} signal
 */
function entities(wanted, signal) {
  const query = new URLSearchParams({ ...wanted, limit: "50", sort_by: "display_name", sort_order: "asc", total: "none" });
  return list(`/v1/entities?${query}`, signal);
}

/**
 * Those whose name begins with the text, then those with a word that does; the search also looks into tags and facts.
 * @param {{display_name: string}[]} found
 * @param {string} text
 */
function bestFirst(found, text) {
  const wanted = text.toLowerCase();
  const rank = (/** @type {{display_name: string}} */ { display_name }) => {
    const name = display_name.toLowerCase();
    if (name === wanted) return -1;
    return name.startsWith(wanted) ? 0 : name.includes(` ${wanted}`) ? 1 : name.includes(wanted) ? 2 : 3;
  };
  return found.toSorted((one, other) => rank(one) - rank(other)).slice(0, MOST);
}

/** @param {{entity_id: string, display_name: string, aliases: string[], tags: string[]}} entity */
function entityOption({ entity_id, display_name, aliases, tags }) {
  const option = document.createElement("li");
  const name = document.createElement("span");
  option.setAttribute("role", "option");
  option.dataset.id = entity_id;
  option.dataset.name = display_name;
  name.dir = "auto";
  name.textContent = display_name;
  option.append(name);
  const more = [...aliases, ...tags].slice(0, 3).join(", ");
  if (more) {
    const words = document.createElement("span");
    words.className = "faint";
    words.dir = "auto";
    words.textContent = more;
    option.append(words);
  }
  return option;
}
