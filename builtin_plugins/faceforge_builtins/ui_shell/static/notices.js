/** Notices: one sentence at the foot of the page, for a while. */

const SHOWN_FOR_MS = 12_000;

/**
 * Show a sentence; a former notice makes room.
 * @param {string} text
 */
export function notify(text) {
  document.getElementById("notice")?.remove();
  const notice = document.createElement("div");
  notice.id = "notice";
  notice.className = "notice";
  notice.setAttribute("role", "status");
  document.body.append(notice);
  const sentence = document.createElement("span");
  sentence.textContent = text;
  notice.append(sentence);
  leaveLater(notice);
}

/** Let the page's notice be dismissed, leave by itself, and not come back on reload. */
export function startNotices() {
  const address = new URL(location.href);
  if (address.searchParams.has("notice")) {
    address.searchParams.delete("notice");
    address.searchParams.delete("undo");
    history.replaceState(history.state, "", address);
  }
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-dismiss='notice']")) {
      document.getElementById("notice")?.remove();
    }
  });
  const notice = document.getElementById("notice");
  if (notice) leaveLater(notice);
}

/**
 * A notice stays while somebody points at it or has focus in it.
 * @param {HTMLElement} notice
 */
function leaveLater(notice) {
  const attempt = () => {
    if (notice.matches(":hover, :focus-within")) setTimeout(attempt, 2000);
    else notice.remove();
  };
  setTimeout(attempt, SHOWN_FOR_MS);
}
