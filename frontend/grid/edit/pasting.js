/**
 * Pastes a table from the clipboard into the cells: one call, one undo step, and a reason for every cell that refuses its
 * value.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Change} Change
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../types.d.ts").Refusal} Refusal
 * @typedef {import("../history.js").Step} Step
 * @typedef {{ changes: Change[], added: Record<string, string>[], columns: Column[] }} Pasted
 */

import { api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { formatNumber, plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { queueSave } from "../../ui/saves.js";
import { isComputed } from "../cells.js";
import { keyOf } from "../columns.js";
import { isLockedOut } from "../unsaved.js";
import { ofNewRows } from "./deletion.js";
import { byRow, reversed, save } from "./edits.js";
import { parseTable } from "./tsv.js";

const CELLS_PASTED = 100_000;
const LONGEST_PASTE = 8_000_000; // characters
const ROWS_PASTED = 10_000; // as many as the API takes in one call
const ROWS_ADDED_SILENTLY = 500;

/** What a column of each type accepts. @type {Partial<Record<Column["type"], string>>} */
const TAKES = { number: "numbers", date: "dates like 2026-12-31", checkbox: "yes or no" };

/** @param {Grid} grid @param {string} text */
export async function paste(grid, text) {
  if (text.length > LONGEST_PASTE) {
    return toast(`Paste at most ${formatNumber(LONGEST_PASTE)} characters at once. For more, upload a file.`);
  }
  const table = parseTable(text);
  if (!grid.canEdit || !table.length || (grid.selection.row < 0 && grid.rows.total)) return;
  try {
    await pasteTable(grid, table);
  } catch (error) {
    if (!isLockedOut(error)) toast(`Not pasted. ${reasonOf(error)}`);
  }
}

/** Adds rows that were pasted and could not be saved then. @param {Grid} grid @param {Record<string, string>[]} added */
export async function addPasted(grid, added) {
  try {
    await pasteAsOneStep(grid, { changes: [], added, columns: [] });
  } catch (error) {
    if (!isLockedOut(error)) toast(`Not pasted. ${reasonOf(error)}`);
  }
}

/**
 * Says where the cells go. They start at the corner of the range; one that they fit into several times over, as a single
 * cell does, is filled with them.
 * @param {Grid} grid @param {string[][]} table
 */
function destination(grid, table) {
  const { left, right, ...range } = grid.selection.range;
  const [top, bottom] = [Math.max(0, range.top), Math.max(0, range.bottom)];
  const [rows, columns] = [table.length, Math.max(...table.map((row) => row.length))];
  const [height, width] = [bottom - top + 1, right - left + 1];
  const repeats = height % rows === 0 && width % columns === 0;
  /** @param {number} row @param {number} column @returns {string | undefined} undefined beyond the end of a short row */
  const value = (row, column) => table[row % rows][column % columns];
  return { top, left, height: repeats ? height : rows, width: repeats ? width : columns, value };
}

/** @param {Grid} grid @param {string[][]} table */
async function pasteTable(grid, table) {
  const { top, left, height, width, value } = destination(grid, table);
  if (height > ROWS_PASTED || height * width > CELLS_PASTED) {
    return toast(
      `Paste at most ${plural(ROWS_PASTED, "row")} and ${plural(CELLS_PASTED, "cell")} at once. For more, upload a file.`,
    );
  }
  const inside = Math.min(height, grid.rows.total - top);
  if (height - inside > ROWS_ADDED_SILENTLY && !(await askToGrow(height - inside, "row"))) return;
  const beyond = left + width - grid.columns.count;
  const fresh = beyond > 0 && (await askToGrow(beyond, "column")) ? await newColumns(grid, beyond) : [];
  const columns = grid.columns.list.slice(left, left + width);
  const typed = columns.map((column, at) => ({ column, at })).filter(({ column }) => !isComputed(column));
  if (!typed.length) return toast("You can't paste over results. Choose a column that holds typed values.");
  const rows = await grid.rows.range(top, top + inside - 1);
  const changes = rows.flatMap((row, i) =>
    typed.flatMap(({ column, at }) => {
      const after = value(i, at);
      return after === undefined
        ? []
        : [{ rowId: row.id, columnId: column.id, before: row.cells[column.id]?.value ?? null, after }];
    }),
  );
  const added = Array.from({ length: height - inside }, (_, i) =>
    Object.fromEntries(typed.map(({ column, at }) => [keyOf(column.id), value(inside + i, at) ?? ""])),
  );
  const show = () => grid.selection.select({ top, bottom: top + height - 1, left, right: left + columns.length - 1 });
  if (!added.length) show(); // like the values, before the server has them
  const refused = await pasteAsOneStep(grid, { changes, added, columns: fresh });
  if (added.length) show();
  report(grid, refused, changes.length + added.length * typed.length, {
    beyond: beyond - fresh.length,
    computed: columns.length - typed.length,
  });
}

/** @param {number} count @param {"row" | "column"} word */
const askToGrow = (count, word) =>
  ask({
    title: `Add ${plural(count, word)}?`,
    text: `The pasted cells reach beyond the last ${word}.`,
    confirm: `Paste and add ${word}s`,
    cancel: word === "column" ? "Paste without them" : "Cancel",
  });

/** @param {Grid} grid @param {number} count @returns {Promise<Column[]>} */
async function newColumns(grid, count) {
  const added = [];
  for (let n = 0; n < count; n += 1) added.push(await grid.columns.create(grid.columns.freeName("Column"), "text"));
  return added;
}

/** Pastes as one undo step. @param {Grid} grid @param {Pasted} pasted @returns {Promise<Refusal[]>} */
async function pasteAsOneStep(grid, { changes, added, columns }) {
  const first = send(grid, changes, added);
  const label = `paste of ${plural(changes.length + added.reduce((sum, row) => sum + Object.keys(row).length, 0), "cell")}`;
  const step = first.then(({ ids, accepted }) => {
    const rows = ofNewRows(grid, ids);
    const removeColumns = async () => {
      for (const column of columns) await grid.columns.remove(column);
    };
    /** @param {import("./edits.js").How} [how] @returns {Promise<boolean>} */
    const undo = async (how = { ifUnchanged: true, anyway: () => void undo({}) }) => {
      if (!(await save(grid, reversed(accepted), { ...how, undo: true }))) return false;
      if (ids.length) await rows.undo();
      await removeColumns();
      return true;
    };
    /** @param {import("./edits.js").How} [how] @returns {Promise<boolean>} */
    const redo = async (how = { ifUnchanged: true, anyway: () => void redo({}) }) => {
      for (const column of columns) await grid.columns.restore(column);
      if (!(await save(grid, accepted, how))) {
        await removeColumns();
        return false;
      }
      if (ids.length) await rows.redo();
      return true;
    };
    return { label, undo: () => undo(), redo: () => redo() };
  });
  grid.history.add(step);
  return (await first).refused;
}

/** @param {Refusal[]} refused @returns {(change: Change) => boolean} */
function acceptedBy(refused) {
  const keys = new Set(refused.map(({ row, column }) => `${row}:${column}`));
  return ({ rowId, columnId }) => !keys.has(`${rowId}:${columnId}`);
}

/** Shows the values at once, and reverts those that are refused. @param {Grid} grid @param {Change[]} changes @param {Record<string, string>[]} added */
async function send(grid, changes, added) {
  const { rows, table } = grid;
  const optimistic = changes.map(({ rowId, columnId, after }) => rows.setOptimistic(rowId, columnId, after));
  const { total, tableTotal, view } = rows;
  /** @type {{ ids: number[], refused: Refusal[] } | undefined} */
  let response;
  try {
    response = await queueSave(() => api("POST", `/tables/${table.id}/paste`, { rows: byRow(changes), added, view }));
  } catch (error) {
    if (isLockedOut(error)) grid.unsaved.refuse({ changes, added }, `Not pasted. ${reasonOf(error)}`);
    throw error;
  } finally {
    const isAccepted = response ? acceptedBy(response.refused) : () => false;
    changes.forEach((change, i) => {
      rows.settle(change.rowId, change.columnId, optimistic[i], isAccepted(change) ? change.after : change.before);
    });
  }
  const { ids, refused } = /** @type {{ ids: number[], refused: Refusal[] }} */ (response);
  if (ids.length) rows.appended(ids, total, tableTotal);
  rows.setRefusals(refused);
  return { ids, refused, accepted: changes.filter(acceptedBy(refused)) };
}

/** @param {Grid} grid @param {Refusal[]} refused @param {number} count @param {{ beyond: number, computed: number }} leftOut columns */
function report(grid, refused, count, { beyond, computed }) {
  const parts = [];
  if (refused.length) {
    const columns = [...new Set(refused.map(({ column }) => grid.columns.byId(column)))];
    const takes = columns.map((column) => `${column?.name} takes ${(column && TAKES[column.type]) ?? "shorter texts"}`);
    parts.push(
      `${formatNumber(refused.length)} of ${plural(count, "cell")} ${refused.length === 1 ? "was" : "were"} not pasted: ${takes.join(", ")}.`,
    );
  }
  if (beyond > 0) parts.push(`Left out ${plural(beyond, "column")} beyond the last one.`);
  if (computed) parts.push(`Left out ${plural(computed, "column")} of results, which can't be overwritten.`);
  if (parts.length) toast(parts.join(" "));
}
