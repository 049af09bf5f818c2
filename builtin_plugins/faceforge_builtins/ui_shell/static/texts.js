/** What scripts say, in the language of the page; the page carries the translations as data. */

const found = document.getElementById("texts");
/** @type {Record<string, string[]>} */
const translations = found ? JSON.parse(found.textContent ?? "{}") : {};
const plurals = new Intl.PluralRules(document.documentElement.lang);
const categories = ["zero", "one", "two", "few", "many", "other"].filter((category) =>
  plurals.resolvedOptions().pluralCategories.includes(/** @type {Intl.LDMLPluralRule} */ (category)),
);

/**
 * A text; `%(name)s` is filled in from `values`.
 * @param {string} message
 * @param {Record<string, string | number>} [values]
 */
export function t(message, values = {}) {
  return filled(translations[message]?.[0] ?? message, values);
}

/**
 * The form that fits a number, which is `%(num)s` in it.
 * @param {string} singular
 * @param {string} plural
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function tn(singular, plural, n, values = {}) {
  const forms = translations[singular] ?? [singular, plural];
  const form = translations[singular] ? categories.indexOf(plurals.select(n)) : Number(n !== 1);
  const num = n.toLocaleString(document.documentElement.lang);
  return filled(forms[Math.min(form, forms.length - 1)] ?? plural, { num, ...values });
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
function filled(text, values) {
  return text.replaceAll(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}
