/**
 * Find and replace, on the server: counts what would change, and replaces it as one undo step, however many rows it is.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("./large-edits.js").LargeEdit} LargeEdit
 * @typedef {{ find: string, replace?: string, match_case: boolean, whole_cell: boolean, columns: number[], ids?: number[],
 *   filter?: object[], search?: string, errors?: boolean }} Search
 * @typedef {{ cells: number, rows: number, refused: number, reason: string, complete: boolean }} Found
 */

import { api } from "../../ui/api.js";
import { plural } from "../../ui/format.js";
import { largeEdit } from "./large-edits.js";

/** @param {Grid} grid @param {Search} search @param {AbortSignal} signal @returns {Promise<Found>} */
export const count = (grid, search, signal) => api("POST", `/tables/${grid.table.id}/find`, search, { signal });

/** Replaces as one undo step. @param {Grid} grid @param {Search} search */
export const replaceAll = (grid, search) =>
  largeEdit(grid, () => api("POST", `/tables/${grid.table.id}/replace`, search), {
    doing: "Replacing",
    label: (cells) => `replacement in ${cells}`,
    outcome,
    failed: "Not everything was replaced.",
  });

/** @param {LargeEdit} edit */
function outcome({ cells, refused, reason, complete }) {
  if (!complete) return `Replaced in ${plural(cells, "cell")}, and not in the rows after those: ${reason}`;
  const left = refused ? ` ${plural(refused, "cell")} stayed as before: ${reason}` : "";
  return `Replaced in ${plural(cells, "cell")}.${left}`;
}
