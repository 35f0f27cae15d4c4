/**
 * Files chosen or dropped on the page: each goes through the dialog, one after the other.
 *
 * @typedef {import("./under-way.js").Watching} Watching
 * @typedef {import("./types.d.ts").Target} Target
 */

import { reasonOf } from "../ui/api.js";
import { byId } from "../ui/elements.js";
import { ImportDialog } from "./import-dialog.js";
import { refusal } from "./send.js";
import { newItem, showFailure, watchImport } from "./under-way.js";

/**
 * Takes the files of the page.
 * @param {{ target?: () => Target | undefined, watching: Watching, takes?: (files: File[]) => Promise<File[]> }} how
 *   `takes`: returns the dropped files that are tables, where others can be dropped too
 * @returns {{ choose: () => void }} opens the choice of files
 */
export function listenToFiles({ target = () => undefined, watching, takes = async (files) => files }) {
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  const dialog = new ImportDialog(
    /** @type {HTMLDialogElement} */ (byId("import")),
    target,
    async () => (await chosen(input))[0],
  );
  let earlier = Promise.resolve(); // the dialog takes one file at a time
  const importAll = (/** @type {File[]} */ files) => {
    earlier = earlier.then(() => takeAll(dialog, files, input.accept, watching));
  };
  input.addEventListener("change", () => {
    if (!document.querySelector("dialog[open]")) importAll(taken(input));
  });
  listenToDrops(async (files) => importAll(await takes(files)));
  return { choose: () => input.click() };
}

/** @param {HTMLInputElement} input */
function taken(input) {
  const files = [...(input.files ?? [])];
  input.value = "";
  return files;
}

/** Asks for a file from within a dialog. @param {HTMLInputElement} input @returns {Promise<File[]>} */
function chosen(input) {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const answer = (/** @type {File[]} */ files) => {
      stop.abort();
      resolve(files);
    };
    input.addEventListener("change", () => answer(taken(input)), { signal: stop.signal });
    input.addEventListener("cancel", () => answer([]), { signal: stop.signal });
    input.click();
  });
}

/** @param {(files: File[]) => void} take */
function listenToDrops(take) {
  const cover = byId("drop-here");
  // Over a dialog files are refused; otherwise the browser would leave the page for the file.
  const takesFiles = () => !document.querySelector("dialog[open]");
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = takesFiles() ? "copy" : "none";
    cover.hidden = !takesFiles();
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) cover.hidden = true;
  });
  addEventListener("drop", (event) => {
    cover.hidden = true;
    if (!event.dataTransfer?.types.includes("Files") || isFileField(event.target)) return;
    event.preventDefault();
    if (takesFiles()) take([...event.dataTransfer.files]);
  });
}

/** @param {EventTarget | null} target */
const isFileField = (target) => target instanceof HTMLInputElement && target.type === "file";

/** @param {ImportDialog} dialog @param {File[]} files @param {string} accepted @param {Watching} watching */
async function takeAll(dialog, files, accepted, watching) {
  for (const [index, file] of files.entries()) {
    const place = files.length > 1 ? `${index + 1} of ${files.length}` : "";
    await takeOne(dialog, file, { accepted, place, watching: { ...watching, opens: watching.opens && !place } });
  }
}

/** @param {ImportDialog} dialog @param {File} file @param {{ accepted: string, place: string, watching: Watching }} how */
async function takeOne(dialog, file, how) {
  const reason = refusal(file, how.accepted);
  if (reason) return showFailure(file.name, reason);
  try {
    const decided = await dialog.of(file, how.place);
    if (decided instanceof File) await takeOne(dialog, decided, how);
    else if (decided) void watchImport(newItem(file.name), decided, how.watching);
  } catch (error) {
    showFailure(file.name, reasonOf(error));
  }
}
