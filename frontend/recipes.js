/**
 * Settings of a column as a file: taken out of the column menu, brought in by choosing or dropping it.
 *
 * @typedef {import("./grid/types.d.ts").Grid} Grid
 * @typedef {import("./grid/types.d.ts").Column} Column
 * @typedef {{ id: number, name: string }} Choice
 * @typedef {{ name: string, kind: string, secrets: string[], url: string, choices: Choice[] }} Connection
 * @typedef {{ name: string, columns: { name: string, column: string | null }[], connection: Connection | null }} Needs
 */
import { ApiError, api, toast } from "./api.js";
import { RecipeDialog } from "./recipe-dialog.js";
import { reasonOf } from "./grid/edits.js";

const SUFFIX = ".marl.json";
const LARGEST = 256 * 1024; // bytes

/** @param {Column} column */
export function exportRecipe(column) {
  const link = Object.assign(document.createElement("a"), { href: `/api/v1/columns/${column.id}/recipe`, download: "" });
  link.click();
}

/** @param {Grid} grid */
export function chooseRecipe(grid) {
  const input = Object.assign(document.createElement("input"), { type: "file", accept: ".json,application/json" });
  input.addEventListener("change", () => input.files?.[0] && void importFile(grid, input.files[0]));
  input.click();
}

/** @param {Grid} grid */
export function listenToDroppedRecipes(grid) {
  if (!grid.canEdit) return;
  addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  addEventListener("drop", (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    if (file.name.endsWith(SUFFIX)) void importFile(grid, file);
    else toast(`Only settings of a column (${SUFFIX}) can be dropped here. Upload tables on the page of all tables.`);
  });
}

/** @param {Grid} grid @param {File} file */
async function importFile(grid, file) {
  const path = `/tables/${grid.table.id}/columns/import`;
  try {
    const recipe = await read(file);
    /** @type {Needs} */
    const needs = await api("POST", path, { recipe, dry_run: true });
    new RecipeDialog(needs, grid.columns.list, async (choices) => {
      const made = await api("POST", path, { recipe, ...choices });
      await grid.columns.reload();
      grid.rows.refresh();
      document.dispatchEvent(new CustomEvent("marl:columns-changed", { detail: { source: "grid" } }));
      grid.viewport.reveal(-1, grid.columns.indexOf(made.id));
      toast(`“${made.name}” is imported. Nothing has run yet.`);
    }).open();
  } catch (error) {
    const detail = error instanceof ApiError && error.details?.[1]?.message;
    toast(`“${file.name}” was not imported. ${reasonOf(error)}${detail ? ` ${detail}` : ""}`);
  }
}

/** @param {File} file @returns {Promise<unknown>} */
async function read(file) {
  if (file.size > LARGEST) throw new Error("It is too large for the settings of a column.");
  try {
    return JSON.parse(await file.text());
  } catch {
    throw new Error("It is not JSON.");
  }
}
