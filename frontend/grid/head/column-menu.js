/**
 * The menu of a column, and the menu of the types a new one can have.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../types.d.ts").ColumnType} ColumnType
 * @typedef {import("../history.js").Step} Step
 * @typedef {import("../../ui/menu.js").Item} Item
 */

import { chooseRecipe, exportRecipe, openGallery } from "../../recipes/recipes.js";
import { openRunMenu } from "../../runs/run-menu.js";
import { ApiError, api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { formatNumber } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { PLAIN_TYPES, TYPE_NAME } from "../columns.js";
import { moveColumn, placeBeside, setHidden, setPinned } from "../display.js";
import { clearColumns } from "../edit/large-edits.js";
import { announceColumns, filterBy, openErrors, openPanel, openSettings } from "../signals.js";
import { sortBy } from "../view.js";
import { ownErrors } from "./chip.js";
import { itemsOfSeveral, selectedColumns } from "./several-columns.js";

/** @typedef {(Item | "line")[]} Items */
/** @typedef {{ beside: Column, side: "left" | "right" }} Place */

/**
 * Opens the menu of a column.
 * @param {Grid} grid @param {Column} column @param {import("../../ui/place.js").Anchor} at
 * @param {{ rename: (column: Column) => void }} header
 */
export function openColumnMenu(grid, column, at, header) {
  const several = selectedColumns(grid, column);
  if (several.length > 1 && grid.canEdit) {
    const label = `Menu of ${several.length} columns`;
    return openMenu(at, itemsOfSeveral(grid, several, at), { label, back: grid.sheet });
  }
  openMenu(at, columnItems(grid, column, at, header), { label: `${column.name}: column menu`, back: grid.sheet });
}

/**
 * @param {Grid} grid @param {Column} column @param {import("../../ui/place.js").Anchor} at
 * @param {{ rename: (column: Column) => void }} header
 */
export function columnItems(grid, column, at, { rename }) {
  /** @type {Items} */
  const views = [
    { text: "Sort ascending", icon: "ascending", run: () => sortBy(grid, column.id, false) },
    { text: "Sort descending", icon: "descending", run: () => sortBy(grid, column.id, true) },
    { text: "Filter by this column…", icon: "filter", run: () => filterBy(column.id) },
    ...groupItems(grid, column),
  ];
  if (!grid.canEdit) return [...resultItems(grid, column, at), ...views];
  /** @type {Items} */
  const items = [
    ...resultItems(grid, column, at),
    { text: "Rename", icon: "rename", note: "F2", run: () => rename(column) },
    ...typeItems(grid, column, at),
    ...views,
    "line",
    ...placeItems(grid, column),
    ...insertItems(grid, column, at, rename),
    { text: "Duplicate column", icon: "copy", run: () => void duplicate(grid, column) },
  ];
  // A look-up is about the tables of this workspace.
  if (isComputed(column) && column.type !== "lookup")
    items.push({ text: "Export settings", icon: "export", run: () => exportRecipe(column) });
  items.push("line", { text: "Delete column", icon: "delete", danger: true, run: () => void remove(grid, column) });
  return items;
}

/** @param {Grid} grid @param {Column} column @param {import("../../ui/place.js").Anchor} at @returns {Items} */
function resultItems(grid, column, at) {
  if (!isComputed(column)) return [];
  const isHttp = column.type === "http";
  const settings = isHttp || !grid.canEdit ? "Settings" : `Edit ${TYPE_NAME[column.type].toLowerCase()}`;
  /** @type {Items} */
  const items = [{ text: settings, icon: "settings", run: () => openSettings(column) }];
  if (isHttp && grid.canEdit) items.push({ text: "Run…", icon: "run", run: () => void openRunMenu(grid, column, at) });
  items.push({ text: "Errors…", icon: "errors", note: errorNote(column), run: () => openErrors(column.id) }, "line");
  return items;
}

/** Whole answers are all different. @param {Grid} grid @param {Column} column @returns {Items} */
function groupItems({ view }, { id, type }) {
  if (type === "http") return [];
  const isOn = view.spec.group === id;
  const text = isOn ? "Remove grouping" : "Group by this column";
  return [{ text, icon: "group", run: () => void view.change({ group: isOn ? null : id }) }];
}

/** @param {Grid} grid @param {Column} column @param {import("../../ui/place.js").Anchor} at @returns {Items} */
function typeItems(grid, column, at) {
  if (isComputed(column)) return [];
  const { type } = column;
  return [
    { text: "Change type…", icon: type, note: TYPE_NAME[type], run: () => openTypeMenu(grid, column, at) },
    { text: "Clear values", icon: "clear", run: () => void clearColumns(grid, [column]) },
  ];
}

/** @param {Grid} grid @param {Column} column @returns {Items} */
function placeItems(grid, column) {
  const { list, pinnedCount } = grid.columns;
  const index = grid.columns.indexOf(column.id);
  const side = index < pinnedCount ? list.slice(0, pinnedCount) : list.slice(pinnedCount); // a column moves among the pinned ones, or among the others
  const [before, after] = [side[side.indexOf(column) - 1], side[side.indexOf(column) + 1]];
  /** @param {"left" | "right"} way @param {Column | undefined} other @returns {Item} */
  const move = (way, other) => ({
    text: `Move ${way}`,
    icon: way,
    disabled: !other,
    run: () => other && void moveColumn(grid, column, other),
  });
  const pin = column.pinned ? "Unpin" : "Pin to the left";
  return [
    { text: pin, icon: "pin", run: () => void setPinned(grid, column, !column.pinned) },
    { text: "Hide", icon: "hide", disabled: list.length === 1, run: () => void setHidden(grid, [column], true) },
    move("left", before),
    move("right", after),
  ];
}

/** @param {Grid} grid @param {Column} column @param {import("../../ui/place.js").Anchor} at @param {(column: Column) => void} rename @returns {Items} */
function insertItems(grid, column, at, rename) {
  /** @param {"left" | "right"} side @returns {Item} */
  const item = (side) => ({
    text: `Insert ${side}…`,
    icon: side === "left" ? "insert_left" : "insert_right",
    run: () => openInsertMenu(grid, { beside: column, side }, at, rename),
  });
  return [item("left"), item("right")];
}

/** Opens the menu of types for a column at a place. @param {Grid} grid @param {Place} place @param {import("../../ui/place.js").Anchor} at @param {(column: Column) => void} rename */
function openInsertMenu(grid, place, at, rename) {
  const items = PLAIN_TYPES.map((type) => ({
    text: TYPE_NAME[type],
    icon: type,
    run: () => void add(grid, type, rename, place),
  }));
  openMenu(at, items, { label: "Type of the new column", back: grid.sheet });
}

/** @param {Column} column */
function errorNote(column) {
  const [errors, missing] = [ownErrors(column), column.counts?.missing_input ?? 0];
  const parts = [errors && formatNumber(errors), missing && `${formatNumber(missing)} missing input`];
  return parts.filter(Boolean).join(", ") || undefined;
}

/** @param {Grid} grid @param {Column} column @param {import("../../ui/place.js").Anchor} at */
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

/** @param {Grid} grid @param {Column} column @param {Partial<Pick<Column, "name" | "type">>} what */
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

/** Opens the menu of types. @param {Grid} grid @param {import("../../ui/place.js").Anchor} at @param {{ rename: (column: Column) => void }} header */
export function openAddMenu(grid, at, header) {
  openMenu(at, addItems(grid, header), { label: "Add column", back: grid.sheet });
}

/** @param {Grid} grid @param {{ rename: (column: Column) => void }} header @returns {Items} */
export function addItems(grid, { rename }) {
  return [
    {
      text: TYPE_NAME.http,
      icon: "http",
      note: "call an API",
      run: () => openPanel(`/tables/${grid.table.id}/panel/new`),
    },
    {
      text: TYPE_NAME.formula,
      icon: "formula",
      note: "calculate",
      run: () => openPanel(`/tables/${grid.table.id}/panel/new/formula`),
    },
    {
      text: TYPE_NAME.extract,
      icon: "extract",
      note: "pull from a result",
      run: () => openPanel(`/tables/${grid.table.id}/panel/new/extract`),
    },
    {
      text: TYPE_NAME.lookup,
      icon: "lookup",
      note: "find in another table",
      run: () => openPanel(`/tables/${grid.table.id}/panel/new/lookup`),
    },
    "line",
    ...PLAIN_TYPES.map((type) => ({ text: TYPE_NAME[type], icon: type, run: () => void add(grid, type, rename) })),
    "line",
    { text: "Start from a recipe…", icon: "list", note: "Stripe, HubSpot, …", run: () => void openGallery(grid) },
    { text: "Import column…", icon: "import", note: ".marl.json", run: () => chooseRecipe(grid) },
  ];
}

/** Adds a column, at the end or in a place, and opens the field for its name. @param {Grid} grid @param {ColumnType} type @param {(column: Column) => void} rename @param {Place} [place] */
async function add(grid, type, rename, place) {
  try {
    const { id } = await grid.columns.create(grid.columns.freeName(TYPE_NAME[type]), type);
    if (place) await placeBeside(grid, id, place.beside, place.side);
    addStep(grid, id);
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

/** Lets Ctrl+Z take a new column back. @param {Grid} grid @param {number} id */
function addStep(grid, id) {
  const column = grid.columns.byId(id);
  if (!column) return;
  const undo = async () => {
    await grid.columns.remove(column);
    announceColumns();
    return true;
  };
  const redo = async () => {
    await grid.columns.restore(column);
    announceColumns();
    return true;
  };
  grid.history.add(Promise.resolve({ label: "new column", undo, redo }));
}
