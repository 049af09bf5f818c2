/** Finding by a few letters: "crent" finds "Create an entity". */

/**
 * Those whose title has all the letters in their order, best first; all of them where there are no letters.
 * @template {{title: string}} T
 * @param {T[]} choices
 * @param {string} letters
 * @returns {T[]}
 */
export function ranked(choices, letters) {
  const wanted = plain(letters).replaceAll(/\s+/g, "");
  if (!wanted) return choices;
  return choices
    .map((one) => ({ one, cost: costOf(plain(one.title), wanted) }))
    .filter(({ cost }) => cost < Infinity)
    .sort((a, b) => a.cost - b.cost)
    .map(({ one }) => one);
}

/**
 * How badly the letters fit. Beginnings of words are tried first: "ae" means "an entity" rather than "cabinet".
 * @param {string} title
 * @param {string} wanted
 */
function costOf(title, wanted) {
  return Math.min(walk(title, wanted, true), walk(title, wanted, false)) + title.length / 100;
}

/**
 * Gaps inside of words cost most, jumps to the next word little, and letters in a row nothing.
 * @param {string} title
 * @param {string} wanted
 * @param {boolean} byWords
 */
function walk(title, wanted, byWords) {
  let cost = 0;
  let from = 0;
  for (const letter of wanted) {
    const next = title.indexOf(letter, from);
    const word = byWords ? wordStart(title, letter, from) : -1;
    if (next < 0) return Infinity;
    const at = (next === from && from > 0) || word < 0 ? next : word;
    const starts = at === 0 || title[at - 1] === " ";
    cost += at === from && from > 0 ? 0 : starts ? 1 : 5 + at - from;
    from = at + letter.length;
  }
  return cost;
}

/**
 * @param {string} title
 * @param {string} letter
 * @param {number} from
 */
function wordStart(title, letter, from) {
  if (from === 0 && title.startsWith(letter)) return 0;
  const at = title.indexOf(` ${letter}`, Math.max(0, from - 1));
  return at < 0 ? -1 : at + 1;
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
