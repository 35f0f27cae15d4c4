/** Files chosen or dropped on the page: each is uploaded, one after the other. */

import { reasonOf } from "../ui/api.js";
import { byId } from "../ui/elements.js";
import { newItem, showFailure, watchImport } from "./imports.js";
import { refusal, Upload } from "./upload.js";

export function listenToFiles() {
  const upload = new Upload(/** @type {HTMLDialogElement} */ (byId("upload")));
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  for (const opener of document.querySelectorAll("[data-choose-file]")) {
    opener.addEventListener("click", () => input.click());
  }
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    void uploadAll(upload, files);
  });
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
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (takesFiles()) void uploadAll(upload, [...event.dataTransfer.files]);
  });
}

/** Uploads the files; the table opens by itself when there is only one. @param {Upload} upload @param {File[]} files */
async function uploadAll(upload, files) {
  for (const file of files) {
    const reason = refusal(file);
    if (reason) {
      showFailure(file.name, reason);
      continue;
    }
    try {
      const started = await upload.of(file);
      if (started) void watchImport(newItem(file.name), started, { open: files.length === 1 });
    } catch (error) {
      showFailure(file.name, reasonOf(error));
    }
  }
}
