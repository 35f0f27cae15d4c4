/**
 * Copy and paste as spreadsheets do it: tabs between cells, quotes around what holds tabs, quotes or line ends.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Range} Range
 * @typedef {import("./types.d.ts").Change} Change
 * @typedef {import("./types.d.ts").Row} Row
 * @typedef {import("./types.d.ts").Column} Column
 */
import { toast } from "../api.js";
import { ask } from "../ask.js";
import { clearCells } from "./clearing.js";
import { copyText, isComputed } from "./cells.js";
import { appendRows, commit, edit, reasonOf, removeRows } from "./edits.js";

const CELLS_COPIED = 500_000;
const CELLS_PASTED = 100_000;

/** @param {string} text @returns {string[][]} rows of cells */
export function parseTable(text) {
  /** @type {string[][]} */
  const table = [];
  if (!text) return table;
  /** @type {string[]} */
  let row = [];
  const cell = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/gy;
  for (let found = cell.exec(text); found; found = cell.exec(text)) {
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] !== "\t") {
      table.push(row);
      row = [];
      if (!found[3] || cell.lastIndex >= text.length) break;
    }
  }
  return table;
}

/** @param {string[][]} table */
export function formatTable(table) {
  const quoted = (/** @type {string} */ text) => (/["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return table.map((row) => row.map(quoted).join("\t")).join("\n");
}

/** @param {Grid} grid */
export function listenToClipboard(grid) {
  grid.sheet.addEventListener("copy", (event) => {
    if (event.target !== grid.sheet) return;
    event.preventDefault();
    copy(grid, event);
  });
  grid.sheet.addEventListener("cut", (event) => {
    if (event.target !== grid.sheet) return;
    event.preventDefault();
    if (copy(grid, event)) void clearCells(grid);
    else toast("Scroll through the rows once before you cut them: nothing was emptied.");
  });
  grid.sheet.addEventListener("paste", (event) => {
    if (event.target !== grid.sheet) return;
    event.preventDefault();
    void paste(grid, event.clipboardData?.getData("text/plain") ?? "");
  });
}

/** @param {Grid} grid @param {ClipboardEvent} event @returns {boolean} whether the cells are in the clipboard, or on their way */
function copy(grid, event) {
  const { range } = grid.selection;
  const loaded = loadedText(grid, range);
  if (loaded !== undefined) event.clipboardData?.setData("text/plain", loaded);
  else void copyUnloaded(grid, range);
  return loaded !== undefined;
}

/** @param {Row[]} rows @param {Column[]} columns */
const textOf = (rows, columns) => formatTable(rows.map((row) => columns.map((column) => copyText(column, row.cells[column.id]))));

/** @param {Grid} grid @param {Range} range @returns {string | undefined} nothing when a row is not here */
function loadedText(grid, { top, bottom, left, right }) {
  /** @type {Row[]} */
  const rows = [];
  for (let index = top; index <= bottom; index += 1) {
    const row = grid.rows.at(index);
    if (!row) return undefined;
    rows.push(row);
  }
  return textOf(rows, grid.columns.list.slice(left, right + 1));
}

/** @param {Grid} grid @param {Range} range */
function copyUnloaded(grid, { top, bottom, left, right }) {
  const columns = grid.columns.list.slice(left, right + 1);
  const count = bottom - top + 1;
  return writeClipboard(count * columns.length, `${count.toLocaleString("en")} rows`, async () => ({
    rows: await grid.rows.range(top, bottom),
    columns,
  }));
}

/**
 * The clipboard is given a promise, because it may be written only while the key or the click is handled.
 * @param {number} cells @param {string} what "12 rows" @param {() => Promise<{ rows: Row[], columns: Column[] }>} load
 */
export async function writeClipboard(cells, what, load) {
  if (cells > CELLS_COPIED) {
    return toast(`Choose at most ${CELLS_COPIED.toLocaleString("en")} cells to copy. Export the table to take all of it.`);
  }
  if (!navigator.clipboard) return toast("The browser lets a page copy this much only over https or on localhost. Export the table instead.");
  try {
    toast(`Fetching ${what} to copy…`);
    const blob = load().then(({ rows, columns }) => new Blob([textOf(rows, columns)], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    toast(`Copied ${what}.`);
  } catch (error) {
    toast(`Not copied. ${error instanceof DOMException ? "The browser did not allow it: scroll to the rows and try again." : reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {string} text */
export async function paste(grid, text) {
  const table = parseTable(text);
  if (!grid.canEdit || !table.length || (grid.selection.row < 0 && grid.rows.total)) return;
  try {
    await pasteTable(grid, table);
  } catch (error) {
    toast(`Not pasted. ${reasonOf(error)}`);
  }
}

/** Where the cells go: a single one fills the range, more start at its corner. @param {Grid} grid @param {string[][]} table */
function destination(grid, table) {
  const { left, right, ...range } = grid.selection.range;
  const [top, bottom] = [Math.max(0, range.top), Math.max(0, range.bottom)];
  const single = table.length === 1 && table[0].length === 1;
  const height = single ? bottom - top + 1 : table.length;
  const width = single ? right - left + 1 : Math.max(...table.map((row) => row.length));
  const lost = Math.max(0, left + width - grid.columns.count);
  /** @param {number} row @param {number} column */
  const value = (row, column) => (single ? table[0][0] : table[row][column]);
  return { top, left, height, columns: grid.columns.list.slice(left, left + width), lost, value };
}

/** @param {Grid} grid @param {string[][]} table */
async function pasteTable(grid, table) {
  const { top, left, height, columns, lost, value } = destination(grid, table);
  const typed = columns.map((column, at) => ({ column, at })).filter(({ column }) => !isComputed(column));
  if (!typed.length) return toast("Results cannot be pasted over. Choose a column that holds typed values.");
  if (height * typed.length > CELLS_PASTED) {
    return toast(`Paste at most ${CELLS_PASTED.toLocaleString("en")} cells at once. For more, upload a file.`);
  }
  const inside = Math.min(height, grid.rows.total - top);
  if (height - inside > 500 && !(await askToGrow(height - inside))) return;
  const rows = await grid.rows.range(top, top + inside - 1);
  const changes = rows.flatMap((row, i) =>
    typed.flatMap(({ column, at }) => {
      const after = value(i, at);
      return after === undefined ? [] : [{ rowId: row.id, columnId: column.id, before: row.cells[column.id]?.value, after }];
    }),
  );
  const added = Array.from({ length: height - inside }, (_, i) =>
    Object.fromEntries(typed.map(({ column, at }) => [column.id, value(inside + i, at) ?? ""])),
  );
  const show = () => grid.selection.take({ top, bottom: top + height - 1, left, right: left + columns.length - 1 });
  if (!added.length) show(); // as the values are: before the server has them
  if (await place(grid, changes, added)) {
    if (added.length) show();
    if (lost || typed.length < columns.length) toast(leftOut(lost, columns.length - typed.length));
  }
}

/** @param {number} lost @param {number} computed */
function leftOut(lost, computed) {
  const right = lost ? `${lost} beyond the last column` : "";
  const results = computed ? `${computed} on results, which cannot be typed over` : "";
  return `Pasted, but left out ${[right, results].filter(Boolean).join(" and ")}.`;
}

/** @param {number} count */
const askToGrow = (count) =>
  ask({
    title: `Add ${count.toLocaleString("en")} rows?`,
    text: "What you paste reaches beyond the last row.",
    confirm: "Paste and add rows",
  });

/** Edits and new rows as one undo step. @param {Grid} grid @param {Change[]} changes @param {Record<string, string>[]} added */
async function place(grid, changes, added) {
  if (!added.length) return edit(grid, changes, changes.length === 1 ? "Paste of a cell" : `Paste of ${changes.length} cells`);
  const step = pasteAndGrow(grid, changes, added);
  grid.history.add(step);
  return (await step) !== undefined;
}

/** @param {Grid} grid @param {Change[]} changes @param {Record<string, string>[]} added @returns {Promise<import("./history.js").Step>} */
async function pasteAndGrow(grid, changes, added) {
  const label = `Paste with ${added.length} new ${added.length === 1 ? "row" : "rows"}`;
  let ids = await appendRows(grid, added);
  const inside = await commit(grid, changes, label);
  return {
    label,
    undo: async () => (await removeRows(grid, ids), !inside || inside.undo()),
    redo: async () => ((ids = await appendRows(grid, added)), !inside || inside.redo()),
  };
}
