/**
 * Merges the rows that are alike, as one step that can be undone.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Choices} Choices
 * @typedef {import("./types.d.ts").Merged} Merged
 */

import { restoreRows, undoStep } from "../grid/edit/deletion.js";
import { save } from "../grid/edit/edits.js";
import { api } from "../ui/api.js";
import { plural } from "../ui/format.js";
import { followMove } from "../ui/moving-rows.js";
import { toast } from "../ui/notices.js";
import { queueSave } from "../ui/saves.js";
import { doneWords } from "./words.js";

/**
 * Merges, and shows the rows that are left.
 * @param {Grid} grid @param {Choices} choices @param {() => void} [begun] called when a worker does it
 * @returns {Promise<Merged>}
 */
export async function merge(grid, choices, begun = () => {}) {
  const { tableTotal, total } = grid.rows;
  /** @type {Merged} */
  const answer = await queueSave(() => api("POST", `/tables/${grid.table.id}/duplicates/merge`, choices));
  if (answer.state) begun();
  const done = answer.state ? ofWorker(await followMove(answer.undo ?? ""), answer.undo) : answer;
  if (!answer.state) grid.rows.removed(done.deleted, tableTotal, total);
  if (grid.rows.view) await grid.view.refresh();
  return done;
}

/** What a worker has merged. @param {import("../ui/moving-rows.js").Moving | null} moved @param {string | null} undo @returns {Merged} */
export function ofWorker(moved, undo) {
  const nothing = { merged: 0, deleted: 0, filled: 0, cells: [], values: [] };
  return { ...nothing, ...moved?.merged, undo: moved?.rows ? undo : null, stopped: moved?.stopped };
}

/** Tells what was done, and how to undo it. @param {Grid} grid @param {Choices} choices @param {Merged} done */
export function tellDone(grid, choices, done) {
  if (!done.undo) return toast(doneWords(done));
  if (!done.cells) return toast(`${doneWords(done)} The deleted rows are in the trash.`);
  const label = `merge of ${plural(done.merged, "group")}`;
  let last = done;
  /** @param {import("../grid/edit/edits.js").How} [how] @returns {Promise<boolean>} */
  const undo = (how = { ifUnchanged: true, anyway: () => void undo({}) }) => takeBack(grid, last, how);
  const redo = async () => {
    last = await merge(grid, choices);
    return true;
  };
  const step = { label, undo: () => undo(), redo };
  grid.history.add(Promise.resolve(step));
  toast(doneWords(done), { undo: () => void undoStep(grid, step) });
}

/** Empties the cells that were filled, and restores the rows. @param {Grid} grid @param {Merged} done @param {import("../grid/edit/edits.js").How} how */
async function takeBack(grid, { undo, cells, values }, how) {
  const changes = (cells ?? []).map(([rowId, columnId], i) => ({ rowId, columnId, before: values?.[i], after: null }));
  if (!(await save(grid, changes, { ...how, undo: true }))) return false;
  if (undo) await restoreRows(grid, [undo]);
  return true;
}
