/** Follows rows that a worker moves into the trash, or out of it, and says how far it is. */

import { formatNumber, plural } from "./format.js";
import { followWork } from "./long-work.js";

/**
 * @typedef {object} Moving rows of one deletion
 * @property {string} state @property {number} rows in the trash by now
 * @property {number | null} rows_total to be moved; null before it is known
 * @property {number | null} [compared] rows, while duplicates are looked for
 * @property {{ merged: number, deleted: number, filled: number } | null} [merged] so far, of a merge
 * @property {string | null} [stopped] why there was more to do
 */

/**
 * Shows a notice until no more are moved; what is no longer in the trash has come back whole.
 * @param {string} key of the deletion @param {{ canStop?: boolean }} [who]
 * @returns {Promise<Moving | null>} null where it is no longer in the trash; rejects when the server stays away
 */
export const followMove = (key, { canStop = true } = {}) =>
  followWork(`/trash/${key}`, {
    first: "Waiting for a worker…",
    words: moveWords,
    isOver: (/** @type {Moving} */ { state }) => state === "done",
    ...(canStop ? {} : { stop: null }),
  });

/** "Deleting rows… 120,000 of 1,000,000 rows" @param {Moving} moving */
export function moveWords({ state, rows, rows_total: total, compared }) {
  if (state === "merging") {
    if (total === null) return `Looking for duplicates… ${plural(compared ?? 0, "row")} compared`;
    return `Merging rows… ${plural(rows, "row")} deleted so far`;
  }
  const [doing, done] = state === "restoring" ? ["Restoring", (total ?? 0) - rows] : ["Deleting", rows];
  return `${doing} rows… ${formatNumber(done)} of ${plural(total ?? 0, "row")}`;
}

/** What came of a deletion: all, none or some of its rows are in the trash. @param {Moving | null} moved @param {number} count */
export function deletedWords(moved, count) {
  if (moved === null) return "Cancelled. All rows are back.";
  if (moved.stopped) return `Cancelled. ${plural(moved.rows, "row")} of ${formatNumber(count)} are still in the trash.`;
  return `Deleted ${plural(moved.rows, "row")}.`;
}

/** What came of a restoration that has begun: nothing to say where all rows are back. @param {Moving | null} moved */
export const leftWords = (moved) =>
  moved?.stopped ? `Cancelled. ${plural(moved.rows, "row")} are still in the trash; the others are back.` : "";
