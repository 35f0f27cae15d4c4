/**
 * The menu of a column, and the menu of the types a new one can have.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../types.d.ts").ColumnType} ColumnType
 * @typedef {import("../history.js").Step} Step
 * @typedef {import("../../ui/menu.js").Item} Item
 */

import { chooseRecipe, exportRecipe } from "../../recipes/recipes.js";
import { openRunMenu } from "../../runs/run-menu.js";
import { ApiError, api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { formatNumber } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { PLAIN_TYPES, TYPE_NAME } from "../columns.js";
import { setHidden, setPinned } from "../display.js";
import { announceColumns, openErrors, openPanel, openSettings } from "../signals.js";
import { sortBy } from "../view.js";

/**
 * Opens the menu of a column.
 * @param {Grid} grid @param {Column} column @param {DOMRect} at
 * @param {{ rename: (column: Column) => void }} header
 */
export function openColumnMenu(grid, column, at, { rename }) {
  /** @type {(Item | "line")[]} */
  const items = [];
  if (column.type === "http") {
    items.push({ text: "Settings", run: () => openSettings(column) });
    items.push({ text: "Run…", run: () => void openRunMenu(grid, column, at) }, "line");
  } else if (isComputed(column)) {
    items.push({ text: `Edit ${TYPE_NAME[column.type].toLowerCase()}`, run: () => openSettings(column) }, "line");
  }
  if (isComputed(column))
    items.splice(-1, 0, { text: "Errors…", note: errorNote(column), run: () => openErrors(column.id) });
  const { list, pinnedCount } = grid.columns;
  const index = grid.columns.indexOf(column.id);
  const side = index < pinnedCount ? list.slice(0, pinnedCount) : list.slice(pinnedCount); // a column moves among the pinned ones, or among the others
  const [before, after] = [side[side.indexOf(column) - 1], side[side.indexOf(column) + 1]];
  items.push({ text: "Rename", note: "F2", run: () => rename(column) });
  if (!isComputed(column))
    items.push({ text: "Change type…", note: TYPE_NAME[column.type], run: () => openTypeMenu(grid, column, at) });
  items.push(
    { text: "Sort ascending", run: () => sortBy(grid, column.id, false) },
    { text: "Sort descending", run: () => sortBy(grid, column.id, true) },
    "line",
    { text: column.pinned ? "Unpin" : "Pin to the left", run: () => void setPinned(grid, column, !column.pinned) },
    { text: "Hide", disabled: list.length === 1, run: () => void setHidden(grid, column, true) },
    { text: "Move left", disabled: !before, run: () => void change(grid, column, { position: before.position }) },
    { text: "Move right", disabled: !after, run: () => void change(grid, column, { position: after.position }) },
    { text: "Duplicate column", run: () => void duplicate(grid, column) },
    ...(isComputed(column) ? [{ text: "Export settings", run: () => exportRecipe(column) }] : []),
    "line",
    { text: "Delete column", danger: true, run: () => void remove(grid, column) },
  );
  openMenu(at, items, { label: `${column.name}: column menu`, back: grid.sheet });
}

/** @param {Column} column */
function errorNote({ counts: { failed = 0, unknown = 0, missing_input: lacking = 0 } = {} }) {
  return failed + unknown + lacking ? formatNumber(failed + unknown + lacking) : undefined;
}

/** @param {Grid} grid @param {Column} column @param {DOMRect} at */
function openTypeMenu(grid, column, at) {
  const items = PLAIN_TYPES.map((type) => ({
    text: TYPE_NAME[type],
    checked: type === column.type,
    run: () => void changeType(grid, column, type),
  }));
  openMenu(at, items, { label: `Type of ${column.name}`, back: grid.sheet });
}

/** @param {Grid} grid @param {Column} column @param {ColumnType} type */
async function changeType(grid, column, type) {
  const { type: before, name } = column;
  if (type === before || !(await change(grid, column, { type }))) return;
  toast(`${name} is now a ${TYPE_NAME[type].toLowerCase()} column.`, {
    undo: () => void change(grid, column, { type: before }),
  });
}

/** @param {Grid} grid @param {Column} column @param {Partial<Pick<Column, "name" | "type" | "position">>} what */
export async function change(grid, column, what) {
  try {
    await grid.columns.save(column, what);
    if (what.type) grid.rows.refresh();
    announceColumns();
    return true;
  } catch (error) {
    toast(`“${column.name}” was not changed. ${reasonOf(error)}`);
    return false;
  }
}

/** @param {Grid} grid @param {Column} column */
async function duplicate(grid, column) {
  try {
    await api("POST", `/columns/${column.id}/duplicate`);
    await grid.columns.reload();
    grid.rows.refresh();
    announceColumns();
  } catch (error) {
    toast(`“${column.name}” was not duplicated. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {Column} column @param {{ force?: boolean }} [how] */
async function remove(grid, column, { force = false } = {}) {
  try {
    const redo = async () => {
      await grid.columns.remove(column, { force });
      announceColumns();
      return true;
    };
    const undo = async () => {
      await grid.columns.restore(column);
      grid.rows.refresh();
      announceColumns();
      return true;
    };
    await redo();
    const step = { label: `deletion of “${column.name}”`, undo, redo };
    grid.history.add(Promise.resolve(step));
    toast(`Deleted “${column.name}”.`, { undo: () => void restore(grid, column, step) });
  } catch (error) {
    if (error instanceof ApiError && error.status === 409 && !force) await askToForce(grid, column, error.message);
    else toast(`“${column.name}” was not deleted. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {Column} column @param {string} reason which columns use it */
async function askToForce(grid, column, reason) {
  const sure = await ask({
    title: `Delete “${column.name}”?`,
    text: `${reason} Columns that use it will stop working.`,
    confirm: "Delete column",
    danger: true,
  });
  if (sure) await remove(grid, column, { force: true });
}

/** @param {Grid} grid @param {Column} column @param {Step} deletion */
async function restore(grid, column, deletion) {
  try {
    await grid.history.undo(deletion);
  } catch (error) {
    toast(`“${column.name}” wasn't restored. ${reasonOf(error)}`);
  }
}

/** Opens the menu of types. @param {Grid} grid @param {DOMRect} at @param {{ rename: (column: Column) => void }} header */
export function openAddMenu(grid, at, { rename }) {
  /** @type {(Item | "line")[]} */
  const items = [
    { text: TYPE_NAME.http, note: "call an API", run: () => openPanel(`/tables/${grid.table.id}/panel/new`) },
    { text: TYPE_NAME.formula, note: "calculate", run: () => openPanel(`/tables/${grid.table.id}/panel/new/formula`) },
    {
      text: TYPE_NAME.extract,
      note: "pull from a result",
      run: () => openPanel(`/tables/${grid.table.id}/panel/new/extract`),
    },
    "line",
    ...PLAIN_TYPES.map((type) => ({ text: TYPE_NAME[type], run: () => void add(grid, type, rename) })),
    "line",
    { text: "Import column…", note: ".marl.json", run: () => chooseRecipe(grid) },
  ];
  openMenu(at, items, { label: "Add column", back: grid.sheet });
}

/** Adds a column and opens the field for its name. @param {Grid} grid @param {ColumnType} type @param {(column: Column) => void} rename */
async function add(grid, type, rename) {
  try {
    const { id } = await grid.columns.create(grid.columns.freeName(TYPE_NAME[type]), type);
    grid.rows.refresh();
    announceColumns();
    const column = grid.columns.byId(id);
    if (!column) return;
    grid.viewport.reveal(-1, grid.columns.indexOf(id));
    rename(column);
  } catch (error) {
    toast(`No column was added. ${reasonOf(error)}`);
  }
}
