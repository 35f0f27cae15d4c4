/**
 * Changes of values and rows: shown at once, saved in the background, and reverted with a reason if the server refuses.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Change} Change
 * @typedef {import("../types.d.ts").Column} Column
 */

import { ApiError, api, reasonOf } from "../../ui/api.js";
import { toast } from "../../ui/notices.js";
import { untilReachable } from "../../ui/reachable.js";
import { queueSave } from "../../ui/saves.js";
import { keyOf, PLAIN_TYPES } from "../columns.js";
import { isLockedOut } from "../unsaved.js";

const ROWS_A_CALL = 2000;
const DELETED_A_CALL = 10_000;

/** Names the column that refused a value, as the API reports it. @param {unknown} error */
function placeOf(error) {
  const field = error instanceof ApiError ? error.details?.[0]?.field : undefined;
  return field ? `Not saved in “${field}”.` : "Not saved.";
}

/** @template T @param {T[]} items @param {number} size */
function* chunks(items, size) {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Groups values by row, as the API takes them. @param {Change[]} changes @param {"after" | "before"} which @returns {Map<number, Record<string, unknown>>} */
function valuesByRow(changes, which) {
  const rows = new Map();
  for (const change of changes) {
    const cells = rows.get(change.rowId) ?? {};
    cells[keyOf(change.columnId)] = change[which];
    rows.set(change.rowId, cells);
  }
  return rows;
}

/** Groups changes by row, as the API takes them. @param {Change[]} changes @returns {{ id: number, cells: Record<string, unknown> }[]} */
export const byRow = (changes) => [...valuesByRow(changes, "after")].map(([id, cells]) => ({ id, cells }));

/** Groups changes that are to be made only if nothing else has changed the cells. @param {Change[]} changes */
function byRowIfUnchanged(changes) {
  const was = valuesByRow(changes, "before");
  return byRow(changes).map((row) => ({ ...row, was: was.get(row.id) }));
}

/** @param {Change[]} changes @returns {Change[]} */
export const reversed = (changes) =>
  changes.map((change) => ({ ...change, before: change.after, after: change.before })).reverse();

/**
 * Shows and saves changes.
 * @typedef {object} How
 * @property {boolean} [typing] somebody may go on typing in the row
 * @property {boolean} [ifUnchanged] of undo and redo: not over what somebody else has written since
 * @property {boolean} [undo] the history of the cells calls it that
 * @param {Grid} grid @param {Change[]} changes @param {How} [how]
 * @returns {Promise<boolean>} whether all were saved
 */
export async function save(grid, changes, { typing = false, ifUnchanged = false, undo = false } = {}) {
  if (typing) for (const { rowId } of changes) grid.openRows.add(rowId);
  const optimistic = changes.map(({ rowId, columnId, after }) => grid.rows.setOptimistic(rowId, columnId, after));
  const saved = new Set();
  const entry = () => ({ changes: changes.filter(({ rowId }) => !saved.has(rowId)), added: [] });
  let forget = () => {};
  const wait = () => {
    grid.rows.setLate(optimistic);
    forget = grid.unsaved.keep(entry);
  };
  return queueSave(async () => {
    try {
      for (const rows of chunks(ifUnchanged ? byRowIfUnchanged(changes) : byRow(changes), ROWS_A_CALL)) {
        const call = () => api("PATCH", `/tables/${grid.table.id}/rows`, { rows, typing, undo });
        await untilReachable(call, wait);
        forget();
        for (const { id } of rows) saved.add(id);
      }
      return true;
    } catch (error) {
      if (isChangedSince(error)) {
        const run = () => void save(grid, changes, { undo });
        const [words, label] = undo
          ? ["Nothing was undone.", "Undo anyway"]
          : ["Nothing was changed.", "Change anyway"];
        toast(`${reasonOf(error)} ${words}`, { action: { label, run } });
        grid.rows.refresh();
      } else if (isLockedOut(error)) grid.unsaved.refuse(entry(), `Not saved. ${reasonOf(error)}`);
      else toast(`${placeOf(error)} ${reasonOf(error)}`);
      return false;
    } finally {
      forget();
      changes.forEach(({ rowId, columnId, before, after }, i) => {
        grid.rows.settle(rowId, columnId, optimistic[i], saved.has(rowId) ? after : before);
      });
    }
  });
}

/** @param {unknown} error */
const isChangedSince = (error) => error instanceof ApiError && error.details?.[0]?.field === "was";

/**
 * Saves changes, without the values that are the same as before.
 * @param {Grid} grid @param {Change[]} proposed @param {string} label @param {How} how
 * @returns {Promise<import("../history.js").Step | undefined>} how to undo them
 */
async function commit(grid, proposed, label, how) {
  const changes = proposed
    .map((change) => ({ ...change, before: change.before ?? null }))
    .filter(({ before, after }) => before !== after);
  if (!changes.length || !(await save(grid, changes, how))) return undefined;
  return {
    label,
    undo: () => save(grid, reversed(changes), { ifUnchanged: true, undo: true }),
    redo: () => save(grid, changes, { ifUnchanged: true }),
  };
}

/** Saves changes as one undo step. @param {Grid} grid @param {Change[]} changes @param {string} label @param {How} [how] */
export async function edit(grid, changes, label, how = {}) {
  const step = commit(grid, changes, label, how);
  grid.history.add(step);
  return (await step) !== undefined;
}

/** Appends an empty row, to be typed into. @param {Grid} grid @returns {Promise<number[]>} its id */
async function appendRow(grid) {
  const { total, tableTotal, view } = grid.rows;
  const { ids } = await api("POST", `/tables/${grid.table.id}/rows`, { rows: [{}], view, typing: true });
  for (const id of ids) grid.openRows.add(id);
  grid.rows.appended(ids, total, tableTotal);
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
    let ids = await appendRow(grid);
    const undo = async () => {
      await removeRows(grid, ids);
      return true;
    };
    const redo = async () => {
      ids = await appendRow(grid);
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
const firstTyped = (grid) => grid.columns.list.findIndex(({ type }) => PLAIN_TYPES.includes(type));
