/**
 * The menu of cells and rows, opened by the right button, Shift+F10 or the Menu key.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../../ui/menu.js").Item} Item
 * @typedef {{ row: number, column: number }} Place
 */

import { startRun } from "../../runs/run-menu.js";
import { plural } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { clearCells } from "../edit/clearing.js";
import { copyNow, cut } from "../edit/clipboard.js";
import { deleteRows, deleteSelected } from "../edit/deletion.js";
import { fillDown } from "../edit/filling.js";
import { paste } from "../edit/pasting.js";
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
    const cell = byKey ? viewport.cellElement(at.row, at.column) : undefined;
    const place = cell?.getBoundingClientRect() ?? new DOMRect(event.clientX, event.clientY, 0, 0);
    const items = at.column < 0 ? rowItems(grid) : cellItems(grid, at, showDetails);
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

/** @param {Grid} grid @returns {(Item | "line")[]} */
function rowItems(grid) {
  const { selectedRows, columns } = grid;
  if (!grid.canEdit || !selectedRows.count) return []; // no menu while the row is being fetched
  const count = plural(selectedRows.count, "row");
  const runs = columns.list
    .filter((column) => column.type === "http")
    .map((column) => ({ text: `Run “${column.name}” for ${count}`, run: () => void runSelected(grid, column) }));
  return [
    ...runs,
    ...(runs.length ? [line] : []),
    removal(`Delete ${count}`, () => void deleteRows(grid, selectedRows.scope, selectedRows.count)),
  ];
}

/** @type {"line"} */
const line = "line";

/** @param {string} text @param {() => void} run */
const removal = (text, run) => ({ text, danger: true, run });

/** @param {Grid} grid @param {Place} at @param {(row: number, column: number) => void} showDetails @returns {(Item | "line")[]} */
function cellItems(grid, at, showDetails) {
  const column = grid.columns.list[at.column];
  const copying = { text: "Copy", note: "Ctrl+C", run: () => copyNow(grid) };
  const details = isComputed(column)
    ? [{ text: "Inspect this cell", note: "Enter", run: () => showDetails(at.row, at.column) }]
    : [];
  if (!grid.canEdit) return [...details, copying];
  const { top, bottom } = grid.selection.range;
  const count = bottom - top + 1;
  return [
    ...runItems(grid, column),
    ...details,
    ...(details.length ? [line] : []),
    { text: "Cut", note: "Ctrl+X", run: () => cut(grid, copyNow(grid)) },
    copying,
    { text: "Paste", note: "Ctrl+V", run: () => void pasteHere(grid) },
    { text: "Clear", note: "Del", run: () => void clearCells(grid) },
    { text: "Fill down", note: "Ctrl+D", disabled: bottom === 0, run: () => void fillDown(grid) },
    line,
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
