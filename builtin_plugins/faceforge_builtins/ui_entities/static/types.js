/** A field that suggests the types of relationships that are in use. */

/**
 * The list of types grows by what is in use already.
 * @param {HTMLInputElement} input
 */
export function startTypes(input) {
  const known = document.getElementById(input.getAttribute("list") ?? "");
  if (!known) return;
  /** @type {AbortController | undefined} */
  let running;
  input.addEventListener("input", async () => {
    running?.abort();
    running = new AbortController();
    try {
      const found = await typesLike(input.value.trim(), running.signal);
      known.replaceChildren(...found.map((type) => new Option(String(type), String(type))));
    } catch {
      // What was suggested before still helps.
    }
  });
}

/**
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<unknown[]>}
 */
async function typesLike(text, signal) {
  const query = new URLSearchParams({ query: text, limit: "20" });
  const answer = await fetch(`/v1/relation-types?${query}`, { signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The types answered ${answer.status}.`);
  return (await answer.json()).data.items;
}
