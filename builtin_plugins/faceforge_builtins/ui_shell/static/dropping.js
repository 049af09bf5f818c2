/** The whole page as a drop target for files. */

/**
 * @param {HTMLElement | null} target shown while files hover over the page
 * @param {(files: File[]) => void} take
 * @param {(name: string) => void} folder called with the name of each dropped folder
 */
export function startDropping(target, take, folder) {
  if (!target) return;
  let depth = 0; // dragenter and dragleave come for every element below the pointer
  const rest = () => {
    depth = 0;
    target.hidden = true;
  };
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    target.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event) && --depth <= 0) rest();
  });
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    rest();
    if (!event.dataTransfer || !carriesFiles(event)) return;
    event.preventDefault();
    const { files, folders } = sorted(event.dataTransfer);
    folders.forEach(folder);
    if (files.length) take(files);
  });
}

/** @param {DragEvent} event */
function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * Folders come as files that can't be read; only their entry tells.
 * @param {DataTransfer} dropped
 */
function sorted(dropped) {
  const files = [];
  const folders = [];
  for (const item of dropped.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    const file = item.getAsFile();
    if (entry?.isDirectory) folders.push(entry.name);
    else if (file) files.push(file);
  }
  return { files, folders };
}
