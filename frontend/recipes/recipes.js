/**
 * Settings of a column as a file: exported from the column menu, imported by choosing or dropping the file.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("./recipe-dialog.js").Needs} Needs
 */

import { announceColumns } from "../grid/signals.js";
import { ApiError, api, reasonOf } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";
import { toast } from "../ui/notices.js";
import { RecipeDialog } from "./recipe-dialog.js";

const LARGEST = 256 * 1024; // bytes
const HOW_TO_EXPORT = "To make one, choose “Export settings” in a column's menu.";

/** A file that cannot be read; the message says why. */
class Unreadable extends Error {}

/** Downloads the settings of a column. @param {Column} column */
export function exportRecipe(column) {
  const link = make("a", {
    href: `/api/v1/columns/${column.id}/recipe`,
    download: "",
  });
  link.click();
}

/** @param {Grid} grid */
export function chooseRecipe(grid) {
  const input = make("input", { type: "file", accept: ".json,application/json" });
  input.addEventListener("change", () => input.files?.[0] && void importFile(grid, input.files[0]));
  input.click();
}

/** @param {Grid} grid */
export function listenToDroppedRecipes(grid) {
  if (!grid.canEdit) return;
  addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length || isFileField(event.target)) return;
    event.preventDefault();
    if (files.length > 1) toast("Nothing was imported. Drop the settings of one column at a time.");
    else if (/\.json$/i.test(files[0].name)) void importFile(grid, files[0]);
    else toast("You can only drop column settings (.marl.json) here. Upload tables on the Tables page.");
  });
}

/** @param {EventTarget | null} target */
const isFileField = (target) => target instanceof HTMLInputElement && target.type === "file";

/** @param {Grid} grid @param {File} file */
async function importFile(grid, file) {
  const path = `/tables/${grid.table.id}/columns/import`;
  try {
    const recipe = await read(file);
    /** @type {Needs} */
    const needs = await api("POST", path, { recipe, dry_run: true });
    new RecipeDialog(needs, grid.columns.list, async (choices) => {
      const created = await api("POST", path, { recipe, ...choices });
      await grid.columns.reload();
      grid.rows.refresh();
      announceColumns();
      grid.viewport.reveal(-1, grid.columns.indexOf(created.id));
      toast(`Imported “${created.name}”. Nothing has run yet.`);
    }).open();
  } catch (error) {
    const reason = error instanceof Unreadable ? error.message : reasonOf(error);
    const fix = (error instanceof ApiError && error.details?.[0]?.fix) || "";
    toast(`“${file.name}” was not imported. ${reason} ${fix}`.trim());
  }
}

/** @param {File} file @returns {Promise<unknown>} */
async function read(file) {
  if (file.size > LARGEST) {
    const kib = formatNumber(Math.ceil(file.size / 1024));
    throw new Unreadable(`It is ${kib} KiB, but column settings are at most ${LARGEST / 1024} KiB. ${HOW_TO_EXPORT}`);
  }
  try {
    return JSON.parse(await file.text());
  } catch (error) {
    throw new Unreadable(`It is not JSON: ${/** @type {Error} */ (error).message}. ${HOW_TO_EXPORT}`);
  }
}
