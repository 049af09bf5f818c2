/** The log that grows: new lines at its end, in sight for whoever looks at the end. */

import { t } from "../faceforge.ui_shell/texts.js";

const MOST_LINES = 2000;
const GATHER_MS = 100;
const MAX_DETAIL = 500;
const NEAR_PX = 40;

/** @typedef {{job_log_id: number, ts: string, level: string, message: string, data: unknown}} LogLine */

/** The log of the page, to which lines can be added behind the `last`. */
export function startLog() {
  const list = document.getElementById("log");
  const template = document.getElementById("log-line");
  if (!list || !(template instanceof HTMLTemplateElement)) return undefined;
  const levels = (list.dataset.levels ?? "").split(" ").filter(Boolean);
  /** @type {LogLine[]} */
  let waiting = [];
  // A job may say thousands of lines a second: they are shown together, and only those that will stay.
  const flush = () => {
    const rows = waiting.slice(-MOST_LINES).map((line) => rowOf(line, template));
    const dropped = waiting.length > MOST_LINES;
    waiting = [];
    show(list, rows, dropped);
  };
  return {
    last: Number(list.dataset.last ?? 0),
    /** @param {LogLine} line */
    add(line) {
      this.last = line.job_log_id;
      if (levels.length && !levels.includes(line.level)) return;
      if (waiting.push(line) === 1) setTimeout(flush, GATHER_MS);
    },
  };
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows
 * @param {boolean} dropped
 */
function show(list, rows, dropped) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
  const surplus = list.children.length + rows.length - MOST_LINES;
  for (let left = surplus; left > 0; left -= 1) list.firstElementChild?.remove();
  list.append(...rows);
  document.getElementById("log-none")?.setAttribute("hidden", "");
  if (dropped || surplus > 0) document.getElementById("log-older")?.removeAttribute("hidden");
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/**
 * @param {LogLine} line
 * @param {HTMLTemplateElement} template
 */
function rowOf(line, template) {
  const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  row.classList.add(`is-${line.level}`);
  row.dataset.line = String(line.job_log_id);
  const fill = (/** @type {string} */ part, /** @type {string} */ text) => {
    const element = row.querySelector(part);
    if (element) element.textContent = text;
  };
  fill(".log-time", clock(line.ts));
  row.querySelector("time")?.setAttribute("datetime", line.ts);
  fill(".log-level", levelName(line.level));
  fill(".log-message", line.message);
  fill(".log-detail", detailOf(line.data));
  return row;
}

/** @param {string} level */
function levelName(level) {
  return { warning: t("Warning"), error: t("Error"), debug: t("Detail") }[level] ?? "";
}

/** @param {string} ts */
function clock(ts) {
  const at = new Date(ts);
  return Number.isNaN(at.getTime()) ? ts.slice(0, 8) : at.toLocaleTimeString("en-GB");
}

/**
 * What comes with a line: a file first, then what is said about it, no ids; as log.py has it.
 * @param {unknown} data
 */
function detailOf(data) {
  if (data === null || data === undefined) return "";
  if (typeof data !== "object" || Array.isArray(data)) return text(data);
  const said = Object.entries(data);
  const file = said.filter(([key]) => key === "file").map(([, value]) => text(value));
  const rest = said
    .filter(([key, value]) => key !== "file" && !key.endsWith("_id") && !empty(value))
    .map(([key, value]) => `${key.replaceAll("_", " ")}: ${text(value)}`);
  return [...file, ...rest].join(" · ").slice(0, MAX_DETAIL);
}

/** @param {unknown} value */
function empty(value) {
  if (value === null || value === "") return true;
  return typeof value === "object" && Object.keys(/** @type {object} */ (value)).length === 0;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
