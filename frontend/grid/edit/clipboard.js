/**
 * Copies and cuts cells, whether they are loaded or not.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../selection.js").Selection["area"]} Area
 * @typedef {import("../types.d.ts").Row} Row
 * @typedef {import("../types.d.ts").Column} Column
 */

import { reasonOf } from "../../ui/api.js";
import { formatNumber, plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { copyText } from "../cells.js";
import { clearCells } from "./clearing.js";
import { paste } from "./pasting.js";
import { formatTable } from "./tsv.js";

const CELLS_COPIED = 500_000;

/** Goes by the focus, because Firefox sends these events to where text was last selected. @param {Grid} grid */
export function listenToClipboard(grid) {
  /** @param {"copy" | "cut" | "paste"} type @param {(event: ClipboardEvent) => void} act */
  const on = (type, act) =>
    document.addEventListener(type, (event) => {
      if (document.activeElement !== grid.sheet) return;
      event.preventDefault();
      act(event);
    });
  on("copy", (event) => void copy(grid, event));
  on("cut", (event) => cut(grid, copy(grid, event)));
  on("paste", (event) => void paste(grid, event.clipboardData?.getData("text/plain") ?? ""));
}

/** Empties cells that were copied; if they are still being fetched, they stay. @param {Grid} grid @param {boolean} copied */
export function cut(grid, copied) {
  if (copied) void clearCells(grid);
  else toast("Cut takes rows that are on the screen: nothing was emptied.");
}

/** Copies the selection. @param {Grid} grid @param {ClipboardEvent} event @returns {boolean} false if the cells are still being fetched */
function copy(grid, event) {
  if (!grid.rows.total || !grid.columns.list.length) return true; // there is nothing to wait for
  const { area } = grid.selection;
  const loaded = loadedText(grid, area);
  if (loaded !== undefined) event.clipboardData?.setData("text/plain", loaded);
  else void copyUnloaded(grid, area);
  return loaded !== undefined;
}

/**
 * Copies as Ctrl+C does, so that it works where a page may not write to the clipboard by itself.
 * @param {Grid} grid @returns {boolean} as `copy`
 */
export function copyNow(grid) {
  let copied = false;
  const onCopy = (/** @type {ClipboardEvent} */ event) => {
    event.preventDefault();
    event.stopImmediatePropagation(); // whatever element the browser sent it to
    copied = copy(grid, event);
  };
  document.addEventListener("copy", onCopy, { once: true, capture: true });
  document.execCommand("copy");
  document.removeEventListener("copy", onCopy, { capture: true });
  return copied;
}

/** @param {Row[]} rows @param {Column[]} columns */
const textOf = (rows, columns) =>
  formatTable(rows.map((row) => columns.map((column) => copyText(column, row.cells[column.id]))));

/** @param {Grid} grid @param {Area} area @returns {string | undefined} undefined if a row is not loaded */
function loadedText(grid, { top, bottom, columns }) {
  /** @type {Row[]} */
  const rows = [];
  for (let index = top; index <= bottom; index += 1) {
    const row = grid.rows.at(index);
    if (!row) return undefined;
    rows.push(row);
  }
  return textOf(
    rows,
    columns.map((index) => grid.columns.list[index]),
  );
}

/** @param {Grid} grid @param {Area} area */
function copyUnloaded(grid, { top, bottom, columns: chosen }) {
  const columns = chosen.map((index) => grid.columns.list[index]);
  const count = bottom - top + 1;
  return writeClipboard(count * columns.length, plural(count, "row"), async () => ({
    rows: await grid.rows.range(top, bottom),
    columns,
  }));
}

/**
 * Writes cells to the clipboard. It gets a promise, because it may be written to only while the key or click is handled.
 * @param {number} cells @param {string} what "12 rows" @param {() => Promise<{ rows: Row[], columns: Column[] }>} load
 */
export async function writeClipboard(cells, what, load) {
  if (cells > CELLS_COPIED) {
    return toast(`Choose at most ${formatNumber(CELLS_COPIED)} cells to copy. Export the table to take all of it.`);
  }
  if (!navigator.clipboard)
    return toast("Browsers allow copying this much only over https or on localhost. Export the table instead.");
  try {
    toast(`Fetching ${what} to copy…`);
    const blob = load().then(({ rows, columns }) => new Blob([textOf(rows, columns)], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    toast(`Copied ${what}.`);
  } catch (error) {
    toast(
      `Not copied. ${error instanceof DOMException ? "The browser blocked copying. Scroll to the rows and try again." : reasonOf(error)}`,
    );
  }
}
