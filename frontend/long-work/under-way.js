/**
 * Follows what a worker was doing with the rows when the page was opened, and tells how it ended.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {{ kind: "move" | "edit" | "undo", id: number, name: string }} UnderWay
 */

import { ofWorker } from "../duplicates/merge.js";
import { doneWords } from "../duplicates/words.js";
import { followEdit } from "../grid/edit/large-edits.js";
import { followUndo } from "../imports/undo.js";
import { plural } from "../ui/format.js";
import { deletedWords, followMove, leftWords } from "../ui/moving-rows.js";
import { toast } from "../ui/notices.js";

/** @param {Grid} grid @param {UnderWay[]} works */
export function followUnderWay(grid, works) {
  for (const work of works) {
    // The server does it all the same.
    follow(grid, work).catch(() =>
      toast("Can't say how far the work on these rows is. Reload the page to look again."),
    );
  }
}

/** @param {Grid} grid @param {UnderWay} work */
async function follow({ canEdit, rows }, { kind, id, name }) {
  if (kind === "undo") await followUndo(id, name, canEdit);
  else if (kind === "move") tellMoved(name, await followMove(String(id), { canStop: canEdit }));
  else {
    const edit = await followEdit(id, { undo: "Undoing", replace: "Replacing" }[name] ?? "Clearing", canEdit);
    if (edit) toast(`Changed ${plural(edit.cells, "cell")}.${edit.complete ? "" : ` ${edit.reason}`}`);
  }
  rows.refresh();
}

/** @param {string} state that it was in @param {import("../ui/moving-rows.js").Moving | null} moved */
function tellMoved(state, moved) {
  if (state === "merging") return toast(doneWords(ofWorker(moved, null)));
  if (state === "deleting") return toast(deletedWords(moved, moved?.rows_total ?? 0));
  toast(leftWords(moved) || "The rows are restored.");
}
