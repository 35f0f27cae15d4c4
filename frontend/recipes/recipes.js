/**
 * Settings of a column as a file: exported from the column menu, imported by choosing or dropping the file.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("./recipe-dialog.js").Needs} Needs
 */

import { announceColumns, openSettings } from "../grid/signals.js";
import { ApiError, api, reasonOf } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";
import { toast } from "../ui/notices.js";
import { GalleryDialog } from "./gallery-dialog.js";
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

/** Lets the user choose a recipe, and makes a column of it. @param {Grid} grid */
export async function openGallery(grid) {
  try {
    const { items, problems } = await api("GET", "/recipes");
    new GalleryDialog(items, problems, (recipe) => dialogFor(grid, recipe.id, recipe.name)).open();
  } catch (error) {
    toast(`The recipes can't be shown. ${reasonOf(error)}`);
  }
}

/**
 * Takes the settings of a column from files that were dropped.
 * @param {Grid} grid @param {File[]} files @returns {Promise<File[]>} the others
 */
export async function takeDroppedRecipes(grid, files) {
  const are = await Promise.all(files.map(isRecipe));
  const recipes = files.filter((_, index) => are[index]);
  if (recipes.length > 1) toast("Nothing was imported. Drop the settings of one column at a time.");
  else if (recipes.length) void importFile(grid, recipes[0]);
  return recipes.length ? [] : files;
}

/** By its name, or because it begins as Marl writes it. @param {File} file */
async function isRecipe(file) {
  if (/\.marl( \(\d+\))?\.json$/i.test(file.name)) return true;
  return /\.json$/i.test(file.name) && /^\s*\{\s*"marl"\s*:/.test(await file.slice(0, 100).text());
}

/** @param {Grid} grid @param {File} file */
async function importFile(grid, file) {
  try {
    (await dialogFor(grid, await read(file), file.name))?.open();
  } catch (error) {
    toast(`“${file.name}” was not imported. ${/** @type {Unreadable} */ (error).message}`);
  }
}

/** Returns the dialog that asks for what a recipe needs; null, and says why, if that can't be known.
 * @param {Grid} grid @param {unknown} recipe its content, or its id in the gallery @param {string} name */
async function dialogFor(grid, recipe, name) {
  const path = `/tables/${grid.table.id}/columns/import`;
  try {
    /** @type {Needs} */
    const needs = await api("POST", path, { recipe, dry_run: true });
    return new RecipeDialog(needs, grid.columns.list, async (choices) => {
      const created = await api("POST", path, { recipe, ...choices });
      await grid.columns.reload();
      grid.rows.refresh();
      announceColumns();
      grid.viewport.reveal(-1, grid.columns.indexOf(created.id));
      toast(`${needs.about ? "Added" : "Imported"} “${created.name}”. Nothing has run yet.`);
      if (needs.about) openSettings(created);
    });
  } catch (error) {
    const fix = (error instanceof ApiError && error.details?.[0]?.fix) || "";
    toast(`“${name}” was not imported. ${reasonOf(error)} ${fix}`.trim());
    return null;
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
