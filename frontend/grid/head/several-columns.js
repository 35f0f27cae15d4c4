/**
 * What can be done with several columns at once, those whose heads are selected with Shift or Ctrl, each as one step of
 * undo.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../types.d.ts").ColumnType} ColumnType
 * @typedef {import("../../ui/menu.js").Item} Item
 */

import { openRunMenuOfSeveral } from "../../runs/run-menu.js";
import { api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { plural } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { PLAIN_TYPES, TYPE_NAME } from "../columns.js";
import { setHidden } from "../display.js";
import { undoStep } from "../edit/deletion.js";
import { clearColumns } from "../edit/large-edits.js";
import { announceColumns } from "../signals.js";

/** The columns that are selected from top to bottom, if this is one of them. @param {Grid} grid @param {Column} column */
export function selectedColumns({ selection, columns }, column) {
  const chosen = selection.wholeColumns.map((index) => columns.list[index]);
  return chosen.includes(column) ? chosen : [column];
}

/** @param {Grid} grid @param {Column[]} chosen @param {import("../../ui/place.js").Anchor} at @returns {(Item | "line")[]} */
export function itemsOfSeveral(grid, chosen, at) {
  const words = plural(chosen.length, "column");
  const isAll = chosen.length === grid.columns.count;
  return [
    ...runItems(grid, chosen, at),
    ...typedItems(grid, chosen, at),
    { text: `Hide ${words}`, icon: "hide", disabled: isAll, run: () => void setHidden(grid, chosen, true) },
    "line",
    { text: `Delete ${words}…`, icon: "delete", danger: true, run: () => void askToDelete(grid, chosen) },
  ];
}

/** @param {Grid} grid @param {Column[]} chosen @param {import("../../ui/place.js").Anchor} at @returns {(Item | "line")[]} */
function runItems(grid, chosen, at) {
  const http = chosen.filter(({ type }) => type === "http");
  if (!http.length) return [];
  const what = http.length === chosen.length ? plural(http.length, "column") : plural(http.length, "HTTP API column");
  return [{ text: `Run ${what}…`, icon: "run", run: () => openRunMenuOfSeveral(grid, http, at) }, "line"];
}

/** What is for columns that people fill alone. @param {Grid} grid @param {Column[]} chosen @param {import("../../ui/place.js").Anchor} at @returns {Item[]} */
function typedItems(grid, chosen, at) {
  if (chosen.some(isComputed)) return [];
  return [
    { text: "Change type…", icon: chosen[0].type, run: () => openTypes(grid, chosen, at) },
    { text: `Clear ${plural(chosen.length, "column")}`, icon: "clear", run: () => void clearColumns(grid, chosen) },
  ];
}

/** @param {Grid} grid @param {Column[]} chosen @param {import("../../ui/place.js").Anchor} at */
function openTypes(grid, chosen, at) {
  const items = PLAIN_TYPES.map((type) => ({
    text: TYPE_NAME[type],
    icon: type,
    run: () => void changeTypes(grid, chosen, type),
  }));
  openMenu(at, items, { label: `Type of ${plural(chosen.length, "column")}`, back: grid.sheet });
}

/** @param {Grid} grid @param {Column[]} chosen @param {ColumnType} type */
function changeTypes(grid, chosen, type) {
  const before = chosen.map((column) => column.type);
  const set = (/** @type {ColumnType[]} */ types) => () =>
    each(grid, chosen, (column, index) => api("PATCH", `/columns/${column.id}`, { type: types[index] }));
  const label = `change of the type of ${plural(chosen.length, "column")}`;
  return asStep(grid, label, set(chosen.map(() => type)), set(before));
}

/** @param {Grid} grid @param {Column[]} chosen */
async function askToDelete(grid, chosen) {
  const words = plural(chosen.length, "column");
  const names = chosen.map(({ name }) => `“${name}”`).join(", ");
  const sure = await ask({
    title: `Delete ${words}?`,
    text: `${names} and their values go to the trash, where you can restore them for 30 days. Columns that use them will stop working.`,
    cancel: "Keep them",
    confirm: `Delete ${words}`,
    danger: true,
  });
  if (!sure) return;
  const ids = chosen.map(({ id }) => id);
  const path = `/tables/${grid.table.id}/columns`;
  const remove = async () => {
    await api("DELETE", path, { ids, force: true });
    await grid.columns.reload();
  };
  const restore = async () => {
    await api("POST", `${path}/restore`, { ids });
    await grid.columns.reload();
    grid.rows.refresh();
  };
  await asStep(grid, `deletion of ${words}`, remove, restore, `Deleted ${words}.`);
}

/** @param {Grid} grid @param {Column[]} chosen @param {(column: Column, index: number) => Promise<unknown>} change */
async function each(grid, chosen, change) {
  for (const [index, column] of chosen.entries()) await change(column, index);
  await grid.columns.reload();
  grid.rows.refresh();
}

/** @param {Grid} grid @param {string} label @param {() => Promise<void>} act @param {() => Promise<void>} revert @param {string} [done] */
async function asStep(grid, label, act, revert, done) {
  const told = (/** @type {() => Promise<void>} */ work) => async () => {
    await work();
    announceColumns();
    return true;
  };
  const [redo, undo] = [told(act), told(revert)];
  const step = { label, undo, redo };
  const saving = redo();
  grid.history.add(saving.then(() => step)); // at once: Ctrl+Z may come before it is saved
  try {
    await saving;
  } catch (error) {
    await grid.columns.reload().catch(() => {}); // some may have changed
    return toast(`Not all columns were changed. ${reasonOf(error)}`);
  }
  if (done) toast(done, { undo: () => void undoStep(grid, step) });
}
