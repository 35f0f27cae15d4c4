/**
 * Empties cells.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 */

import { formatNumber } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { edit } from "./edits.js";

const CLEARED_AT_ONCE = 50_000; // cells; more is usually a mistake

/** Empties the typed cells of the selection. @param {Grid} grid */
export async function clearCells(grid) {
  if (!grid.canEdit || !grid.rows.total || !grid.columns.list.length) return;
  const { top, bottom, columns: chosen } = grid.selection.area;
  const columns = chosen.map((index) => grid.columns.list[index]).filter((column) => !isComputed(column));
  if (!columns.length) return toast("You can't type over results. Run the column again, or delete the column.");
  if ((bottom - top + 1) * columns.length > CLEARED_AT_ONCE) {
    const most = `Choose at most ${formatNumber(CLEARED_AT_ONCE)} cells to empty at once.`;
    return toast(`${most} For whole columns, use “Clear values” in the menu of the column.`);
  }
  const rows = await grid.rows.range(top, bottom);
  const changes = rows.flatMap((row) =>
    columns.map(({ id }) => ({ rowId: row.id, columnId: id, before: row.cells[id]?.value ?? null, after: null })),
  );
  await edit(
    grid,
    changes,
    changes.length === 1 ? `clearing of ${columns[0].name}` : `clearing of ${changes.length} cells`,
  );
}
