/**
 * Changes of values and rows: shown at once, saved in the background, and reverted with a reason if the server refuses.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Change} Change
 * @typedef {import("../types.d.ts").Column} Column
 */

import { ApiError, api, reasonOf } from "../../ui/api.js";
import { formatNumber, plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { untilReachable } from "../../ui/reachable.js";
import { queueSave } from "../../ui/saves.js";
import { keyOf } from "../columns.js";
import { isLockedOut } from "../unsaved.js";

const ROWS_A_CALL = 2000;
const ROWS_IN_ONE_PIECE = 10_000; // as many as the API takes in one call: all of them are undone, or none
const DELETED_A_CALL = 10_000;

/** Names the column that refused a value, as the API reports it. @param {Grid} grid @param {unknown} error */
function placeOf({ columns }, error) {
  const field = error instanceof ApiError ? error.details?.[0]?.field : undefined;
  return columns.all.some(({ name }) => name === field) ? `Not saved in “${field}”.` : "Not saved.";
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
 * @property {() => void} [anyway] what undoes or redoes all of a step over what somebody else has written
 * @param {Grid} grid @param {Change[]} changes @param {How} [how]
 * @returns {Promise<boolean>} whether all were saved
 */
export async function save(grid, changes, how) {
  return (await saveWhatFits(grid, changes, how)).length === changes.length;
}

/** Saves changes; returns those that were saved before one was refused. @param {Grid} grid @param {Change[]} changes @param {How} [how] @returns {Promise<Change[]>} */
async function saveWhatFits(grid, changes, how = {}) {
  const { typing = false, ifUnchanged = false, undo = false } = how;
  if (typing) for (const { rowId } of changes) grid.openRows.add(rowId);
  const optimistic = changes.map(({ rowId, columnId, after }) => grid.rows.setOptimistic(rowId, columnId, after));
  const saved = new Set();
  const isSaved = (/** @type {Change} */ { rowId }) => saved.has(rowId);
  const entry = () => ({ changes: changes.filter((change) => !isSaved(change)), added: [] });
  let forget = () => {};
  const wait = () => {
    grid.rows.setLate(optimistic);
    forget = grid.unsaved.keep(entry);
  };
  return queueSave(async () => {
    const all = ifUnchanged ? byRowIfUnchanged(changes) : byRow(changes);
    try {
      for (const rows of chunks(all, ifUnchanged ? ROWS_IN_ONE_PIECE : ROWS_A_CALL)) {
        const call = () => api("PATCH", `/tables/${grid.table.id}/rows`, { rows, typing, undo });
        await untilReachable(call, wait);
        forget();
        for (const { id } of rows) saved.add(id);
      }
    } catch (error) {
      const some = saved.size ? `Saved before that: ${plural(saved.size, "row")} of ${formatNumber(all.length)}.` : "";
      if (isChangedSince(error)) askAnyway(grid, changes, how, [reasonOf(error), some]);
      else if (isLockedOut(error)) grid.unsaved.refuse(entry(), `Not saved. ${reasonOf(error)}`);
      else toast(`${placeOf(grid, error)} ${reasonOf(error)} ${some}`.trim());
    } finally {
      forget();
      changes.forEach((change, i) => {
        const { rowId, columnId, before, after } = change;
        grid.rows.settle(rowId, columnId, optimistic[i], isSaved(change) ? after : before);
      });
    }
    return changes.filter(isSaved);
  });
}

/** @param {Grid} grid @param {Change[]} changes @param {How} how @param {string[]} words why, and what was saved all the same */
function askAnyway(grid, changes, { undo = false, anyway = () => void save(grid, changes, { undo }) }, [reason, some]) {
  const [done, label] = undo ? ["undone", "Undo anyway"] : ["changed", "Change anyway"];
  toast(`${reason} ${some || `Nothing was ${done}.`}`, { action: { label, run: anyway } });
  grid.rows.refresh();
}

/** @param {unknown} error */
const isChangedSince = (error) => error instanceof ApiError && error.details?.[0]?.field === "was";

/**
 * Saves changes, without the values that are the same as before.
 * @param {Grid} grid @param {Change[]} proposed @param {string} label @param {How} how
 * @returns {Promise<import("../history.js").Step | undefined>} how to undo those that were saved
 */
async function commit(grid, proposed, label, how) {
  const changes = proposed
    .map((change) => ({ ...change, before: change.before ?? null }))
    .filter(({ before, after }) => before !== after);
  const saved = changes.length ? await saveWhatFits(grid, changes, how) : [];
  if (!saved.length) return undefined;
  return {
    label,
    undo: () => save(grid, reversed(saved), { ifUnchanged: true, undo: true }),
    redo: () => save(grid, saved, { ifUnchanged: true }),
  };
}

/** Saves changes as one undo step. @param {Grid} grid @param {Change[]} changes @param {string} label @param {How} [how] */
export async function edit(grid, changes, label, how = {}) {
  const step = commit(grid, changes, label, how);
  grid.history.add(step);
  return (await step) !== undefined;
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
