/**
 * Edits that the server makes by itself, in as many rows as there are: each is one step of undo.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {{ id: number, state: "running" | "done", cells: number, rows: number, refused: number, reason: string, complete: boolean }} LargeEdit
 */

import { api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { plural } from "../../ui/format.js";
import { followWork } from "../../ui/long-work.js";
import { toast } from "../../ui/notices.js";
import { undoStep } from "./deletion.js";

const UNASKED = 1_000; // rows of a table whose columns are emptied without a question

/**
 * Makes an edit, says what came of it, and lets it be undone.
 * @param {Grid} grid @param {() => Promise<LargeEdit>} begin
 * @param {{ doing: string, label: (cells: string) => string, outcome: (edit: LargeEdit) => string, failed: string }} words
 */
export async function largeEdit(grid, begin, { doing, label, outcome, failed }) {
  try {
    let edit = await follow(await begin(), doing);
    const again = async () => {
      edit = await follow(await api("POST", `/edits/${edit.id}/undo`), "Undoing");
      grid.rows.refresh();
      if (!edit.complete) toast(`Only ${plural(edit.cells, "cell")} were changed back: ${edit.reason}`);
      else if (edit.refused) toast(`${plural(edit.refused, "cell")} stayed as they are: ${edit.reason}`);
      return true;
    };
    const step = { label: label(plural(edit.cells, "cell")), undo: again, redo: again };
    grid.history.add(Promise.resolve(step));
    grid.rows.refresh();
    toast(outcome(edit), { undo: () => void undoStep(grid, step) });
  } catch (error) {
    toast(`${failed} ${reasonOf(error)}`);
  }
}

/** Empties whole columns that people fill. @param {Grid} grid @param {Column[]} columns */
export async function clearColumns(grid, columns) {
  const what = columns.length === 1 ? `“${columns[0].name}”` : plural(columns.length, "column");
  if (grid.rows.tableTotal > UNASKED && !(await isSure(grid, what))) return;
  const ids = columns.map(({ id }) => id);
  await largeEdit(grid, () => api("POST", `/tables/${grid.table.id}/columns/clear`, { ids }), {
    doing: "Clearing",
    label: (cells) => `clearing of ${cells}`,
    outcome: ({ cells, complete, reason }) =>
      `Cleared ${plural(cells, "cell")} in ${what}${complete ? "." : `, and not in the rows after those: ${reason}`}`,
    failed: "Not everything was cleared.",
  });
}

/** @param {Grid} grid @param {string} what */
const isSure = (grid, what) =>
  ask({
    title: `Clear ${what}?`,
    text: `The values of all ${plural(grid.rows.tableTotal, "row")} of the table are emptied. You can undo it.`,
    confirm: "Clear values",
    danger: true,
  });

/** Waits until a worker is done with it. @param {LargeEdit} begun @param {string} doing */
const follow = async (begun, doing) =>
  begun.state === "done" ? begun : ((await followEdit(begun.id, doing)) ?? begun);

/** Says how far a worker is with an edit, and lets it be cancelled. @param {number} id @param {string} doing @param {boolean} [canStop] @returns {Promise<LargeEdit | null>} */
export const followEdit = (id, doing, canStop = true) =>
  followWork(`/edits/${id}`, {
    first: `${doing}…`,
    words: (/** @type {LargeEdit} */ edit) => `${doing}… ${plural(edit.rows, "row")} so far`,
    isOver: ({ state }) => state === "done",
    ...(canStop ? {} : { stop: null }),
  });
