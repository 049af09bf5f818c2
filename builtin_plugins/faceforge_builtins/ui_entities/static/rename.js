/** The name, editable in place. */

export function startRename() {
  const form = document.getElementById("rename");
  const line = document.querySelector(".entity-name");
  const opener = document.querySelector("[data-rename]");
  if (!(form instanceof HTMLFormElement) || !(line instanceof HTMLElement) || !(opener instanceof HTMLElement)) return;
  const input = form.elements.namedItem("display_name");
  if (!(input instanceof HTMLInputElement)) return;

  const open = () => {
    line.hidden = true;
    form.hidden = false;
    input.focus();
    input.select();
  };
  const close = () => {
    form.reset();
    form.hidden = true;
    line.hidden = false;
    opener.focus();
  };
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  document.getElementById("name")?.addEventListener("dblclick", open);
  form.querySelector("[data-cancel]")?.addEventListener("click", close);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
}
