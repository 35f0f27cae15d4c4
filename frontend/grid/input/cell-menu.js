/**
 * The menu of cells and rows, opened by the right button, Shift+F10 or the Menu key.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../../ui/menu.js").Item} Item
 * @typedef {{ row: number, column: number }} Place
 */

import { startRun } from "../../runs/run-menu.js";
import { filterLike } from "../../toolbar/operators.js";
import { plural } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { clearCells } from "../edit/clearing.js";
import { copyNow, cut } from "../edit/clipboard.js";
import { deleteRows, deleteSelected } from "../edit/deletion.js";
import { fillDown } from "../edit/filling.js";
import { canInsert, duplicateRows, insertRows } from "../edit/inserting.js";
import { moveRowsBy } from "../edit/moving.js";
import { paste } from "../edit/pasting.js";
import { openRecord } from "../signals.js";
import { runSelected } from "./bulk.js";

/** @param {Grid} grid @param {(row: number, column: number) => void} showDetails */
export function listenToMenu(grid, showDetails) {
  grid.sheet.addEventListener("contextmenu", (event) => {
    const byKey = event.target === grid.sheet;
    const { selection, viewport } = grid;
    const at = byKey ? { row: selection.row, column: selection.column } : viewport.cellOf(event);
    if (!at || at.row < 0 || /** @type {Element} */ (event.target).closest(".editor")) return;
    event.preventDefault();
    selectUnder(grid, at);
    const cell = () => viewport.cellElement(at.row, at.column);
    const place = byKey && cell() ? cell : new DOMRect(event.clientX, event.clientY, 0, 0);
    const items = at.column < 0 ? rowItems(grid, at.row) : cellItems(grid, at, showDetails);
    if (items.length) openMenu(place, items, { label: at.column < 0 ? "Rows" : "Cells", back: grid.sheet });
  });
}

/** Selects what is under the pointer, unless it is selected. @param {Grid} grid @param {Place} at */
function selectUnder({ selection, rows, selectedRows }, { row, column }) {
  if (column >= 0 && !selection.has(row, column)) selection.move(row, column);
  if (column < 0 && !selectedRows.has(rows.at(row)?.id)) {
    selection.selectRow(row);
    selectedRows.clear();
    selectedRows.toggle(row); // at once: the menu shows how many
  }
}

/** @param {number} row @returns {Item} */
const recordItem = (row) => ({ text: "Open as a record", note: "Shift+Enter", run: () => openRecord(row) });

/** @param {Grid} grid @param {number} row @returns {(Item | "line")[]} */
function rowItems(grid, row) {
  const { selectedRows, columns } = grid;
  if (!selectedRows.count) return []; // no menu while the row is being fetched
  if (!grid.canEdit) return [recordItem(row)];
  const count = plural(selectedRows.count, "row");
  const runs = columns.list
    .filter((column) => column.type === "http")
    .map((column) => ({ text: `Run “${column.name}” for ${count}`, run: () => void runSelected(grid, column) }));
  return [
    ...(selectedRows.count === 1 ? [recordItem(row), line] : []),
    ...runs,
    ...(runs.length ? [line] : []),
    ...(selectedRows.count === 1 ? insertItems(grid) : []),
    { text: "Move up", icon: "ascending", note: "Alt+↑", run: () => void moveRowsBy(grid, -1) },
    { text: "Move down", icon: "descending", note: "Alt+↓", run: () => void moveRowsBy(grid, 1) },
    { text: `Duplicate ${count}`, icon: "copy", run: () => void duplicateSelected(grid) },
    line,
    removal(`Delete ${count}`, () => void deleteRows(grid, selectedRows.scope, selectedRows.count)),
  ];
}

/** @type {"line"} */
const line = "line";

/** @param {Grid} grid @returns {Item[]} */
function insertItems(grid) {
  if (!canInsert(grid)) return [];
  const { top, bottom } = grid.selection.range;
  const what = bottom === top ? "row" : plural(bottom - top + 1, "row");
  return [
    { text: `Insert ${what} above`, icon: "ascending", run: () => void insertRows(grid, "above") },
    { text: `Insert ${what} below`, icon: "descending", run: () => void insertRows(grid, "below") },
  ];
}

/** @param {Grid} grid */
function duplicateSelected(grid) {
  const { selectedRows } = grid;
  return duplicateRows(grid, ...selectedRows.bounds, ({ id }) => selectedRows.has(id));
}

/** @param {string} text @param {() => void} run */
const removal = (text, run) => ({ text, danger: true, run });

/** @param {Grid} grid @param {Place} at @param {(row: number, column: number) => void} showDetails @returns {(Item | "line")[]} */
function cellItems(grid, at, showDetails) {
  const column = grid.columns.list[at.column];
  const copying = { text: "Copy", note: "Ctrl+C", run: () => copyNow(grid) };
  const show = () => showDetails(at.row, at.column);
  /** @type {Item[]} */
  const details = isComputed(column)
    ? [{ text: "Inspect this cell", note: "Enter", run: show }]
    : [{ text: "History…", run: show }];
  details.push(recordItem(at.row));
  const filtering = filterItem(grid, column, at.row);
  if (!grid.canEdit) return [...details, copying, filtering];
  const { top, bottom } = grid.selection.range;
  const count = bottom - top + 1;
  return [
    ...runItems(grid, column),
    ...details,
    line,
    { text: "Cut", note: "Ctrl+X", run: () => cut(grid, copyNow(grid)) },
    copying,
    { text: "Paste", note: "Ctrl+V", run: () => void pasteHere(grid) },
    { text: "Clear", note: "Del", run: () => void clearCells(grid) },
    { text: "Fill down", note: "Ctrl+D", disabled: bottom === 0, run: () => void fillDown(grid) },
    line,
    filtering,
    line,
    ...insertItems(grid),
    {
      text: count === 1 ? "Duplicate row" : `Duplicate ${plural(count, "row")}`,
      run: () => void duplicateRows(grid, top, bottom, () => true),
    },
    {
      text: count === 1 ? "Select row" : `Select ${plural(count, "row")}`,
      note: "Shift+Space",
      run: () => void grid.selectedRows.select(top, bottom),
    },
    removal(
      count === 1 ? `Delete row ${grid.rows.numberAt(top)}` : `Delete ${plural(count, "row")}`,
      () => void deleteSelected(grid),
    ),
  ];
}

/** @param {Grid} grid @param {Column} column @param {number} row @returns {Item} */
function filterItem({ view, rows }, column, row) {
  const filter = filterLike(column, rows.at(row)?.cells[column.id]);
  const run = () => void view.change({ filters: [...view.spec.filters, filter] });
  return { text: "Filter by this value", run };
}

/** @param {Grid} grid @param {Column} column @returns {Item[]} */
function runItems(grid, column) {
  if (column.type !== "http") return [];
  const { top, bottom } = grid.selection.range;
  const count = bottom - top + 1;
  const run = async () => {
    if (count > 1) return grid.selectedRows.select(top, bottom).then(() => runSelected(grid, column));
    const row = grid.rows.at(top);
    if (row) await startRun(column, { ids: [row.id] });
  };
  return [{ text: count === 1 ? "Run this cell" : `Run ${plural(count, "row")}`, run: () => void run() }];
}

/** @param {Grid} grid */
async function pasteHere(grid) {
  try {
    await paste(grid, await navigator.clipboard.readText());
  } catch {
    toast("The browser doesn't let pages read the clipboard. Press Ctrl+V.");
  }
}
