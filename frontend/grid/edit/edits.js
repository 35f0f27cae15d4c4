/**
 * Changes of values and rows: shown at once, saved in the background, and reverted with a reason if the server refuses.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Change} Change
 * @typedef {import("../types.d.ts").Column} Column
 */

import { ApiError, api, reasonOf } from "../../ui/api.js";
import { toast } from "../../ui/notices.js";

const ROWS_A_CALL = 2000;
const DELETED_A_CALL = 10_000;

/** The last save; saves run one after the other, so that the last value typed is the last one written. @type {Promise<unknown>} */
let saving = Promise.resolve();

/** Runs a save after those before it. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export function queueSave(work) {
  const saved = saving.then(work);
  saving = saved.catch(() => {});
  return saved;
}

/** Names the column that refused a value, as the API reports it. @param {unknown} error */
function placeOf(error) {
  const field = error instanceof ApiError ? error.details?.[0]?.field : undefined;
  return field ? `Not saved in “${field}”.` : "Not saved.";
}

/** @template T @param {T[]} items @param {number} size */
function* chunks(items, size) {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Groups changes by row, as the API takes them. @param {Change[]} changes @returns {{ id: number, cells: Record<string, unknown> }[]} */
export function byRow(changes) {
  /** @type {Map<number, Record<string, unknown>>} */
  const rows = new Map();
  for (const { rowId, columnId, after } of changes) {
    const cells = rows.get(rowId) ?? {};
    cells[columnId] = after;
    rows.set(rowId, cells);
  }
  return [...rows].map(([id, cells]) => ({ id, cells }));
}

/** @param {Change[]} changes @returns {Change[]} */
export const reversed = (changes) =>
  changes.map((change) => ({ ...change, before: change.after, after: change.before })).reverse();

/**
 * Shows and saves changes.
 * @param {Grid} grid @param {Change[]} changes @param {() => void} [retry] offered if the server could not be reached
 * @returns {Promise<boolean>} whether all were saved
 */
export async function save(grid, changes, retry) {
  const optimistic = changes.map(({ rowId, columnId, after }) => grid.rows.setOptimistic(rowId, columnId, after));
  const saved = new Set();
  return queueSave(async () => {
    try {
      for (const rows of chunks(byRow(changes), ROWS_A_CALL)) {
        await api("PATCH", `/tables/${grid.table.id}/rows`, { rows });
        for (const { id } of rows) saved.add(id);
      }
      return true;
    } catch (error) {
      const canRetry = retry && (!(error instanceof ApiError) || error.status >= 500);
      toast(`${placeOf(error)} ${reasonOf(error)}`, canRetry ? { action: { label: "Save again", run: retry } } : {});
      return false;
    } finally {
      changes.forEach(({ rowId, columnId, before, after }, i) => {
        grid.rows.settle(rowId, columnId, optimistic[i], saved.has(rowId) ? after : before);
      });
    }
  });
}

/**
 * Saves changes, without the values that are the same as before.
 * @param {Grid} grid @param {Change[]} proposed @param {string} label @param {() => void} [retry] offered if the server could not be reached
 * @returns {Promise<import("../history.js").Step | undefined>} how to undo them
 */
async function commit(grid, proposed, label, retry) {
  const changes = proposed
    .map((change) => ({ ...change, before: change.before ?? null }))
    .filter(({ before, after }) => before !== after);
  if (!changes.length || !(await save(grid, changes, retry))) return undefined;
  return { label, undo: () => save(grid, reversed(changes)), redo: () => save(grid, changes) };
}

/** Saves changes as one undo step. @param {Grid} grid @param {Change[]} changes @param {string} label */
export async function edit(grid, changes, label) {
  const step = commit(grid, changes, label, () => void edit(grid, changes, label));
  grid.history.add(step);
  return (await step) !== undefined;
}

/** Appends rows. @param {Grid} grid @param {Record<string, unknown>[]} rows by column id @returns {Promise<number[]>} their ids */
async function appendRows(grid, rows) {
  /** @type {number[]} */
  const ids = [];
  for (const chunk of chunks(rows, ROWS_A_CALL)) {
    const { total, tableTotal, view } = grid.rows;
    const response = await api("POST", `/tables/${grid.table.id}/rows`, { rows: chunk, view });
    ids.push(...response.ids);
    grid.rows.appended(response.ids, total, tableTotal);
  }
  return ids;
}

/** Moves rows into the trash. @param {Grid} grid @param {number[]} ids @returns {Promise<string[]>} the keys that restore them */
export async function removeRows(grid, ids) {
  const keys = [];
  for (const chunk of chunks(ids, DELETED_A_CALL)) {
    const { total, tableTotal, view } = grid.rows;
    const response = await api("DELETE", `/tables/${grid.table.id}/rows`, { ids: chunk, view });
    grid.rows.removed(response.deleted, tableTotal, total);
    if (response.undo) keys.push(response.undo);
  }
  return keys;
}

/** Appends an empty row and goes to it. @param {Grid} grid */
export async function addRow(grid) {
  try {
    let ids = await appendRows(grid, [{}]);
    const undo = async () => {
      await removeRows(grid, ids);
      return true;
    };
    const redo = async () => {
      ids = await appendRows(grid, [{}]);
      return true;
    };
    grid.history.add(Promise.resolve({ label: "new row", undo, redo }));
    grid.selection.move(grid.rows.total - 1, Math.max(0, firstTyped(grid)));
    grid.viewport.reveal(grid.selection.row, grid.selection.column);
    grid.sheet.focus({ preventScroll: true });
  } catch (error) {
    toast(`No row was added. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid */
const firstTyped = (grid) => grid.columns.list.findIndex(({ type }) => !["formula", "extract", "http"].includes(type));
