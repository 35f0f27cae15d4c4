/**
 * The history of a cell that people fill: who changed it, when, and from what to what.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("./drawer.js").Drawer} Drawer
 * @typedef {{ at: string, who: string, how: "edit" | "add" | "replace" | "merge" | "undo" | "import", before: unknown, after: unknown }} Edit
 */

import { plainText } from "../grid/cells.js";
import { api, reasonOf } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { timeText } from "../ui/format.js";
import { toast } from "../ui/notices.js";

const LONGEST = 200; // characters of a value

/** How it came about, where it is more than an edit. @type {Partial<Record<Edit["how"], string>>} */
const HOW = {
  add: "with the row",
  replace: "by find and replace",
  merge: "by merging rows",
  undo: "by undo",
  import: "by import",
};

/** @param {Edit} edit */
export function wordsOf({ who, how, at }) {
  return [who, HOW[how], timeText(at)].filter(Boolean).join(" · ");
}

/** @param {unknown} value */
function newValue(value) {
  const text = plainText(value);
  if (!text) return make("span", "hint", "empty");
  return make("span", "", text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** @param {Edit} edit */
function newLine(edit) {
  const change = make("p", "change", newValue(edit.before), " → ", newValue(edit.after));
  return make("li", "", change, make("p", "hint", wordsOf(edit)));
}

/** Shows the history of a cell in the drawer. @param {Grid} grid @param {Drawer} drawer @param {number} row @param {number} columnIndex */
export async function showEdits(grid, drawer, row, columnIndex) {
  const column = grid.columns.list[columnIndex];
  const { id } = grid.rows.at(row) ?? {};
  if (!column || id === undefined) return;
  try {
    /** @type {{ edits: Edit[] }} */
    const { edits } = await api("GET", `/rows/${id}/cells/${column.id}`);
    const none = make("p", "hint", "No change of this cell is stored. Changes are stored for 90 days.");
    const list = make("ol", "edits", ...edits.map(newLine));
    const title = `${column.name}, row ${grid.rows.numberAt(row)}`;
    drawer.show({}, { title, note: "History", body: [edits.length ? list : none] });
  } catch (error) {
    toast(`Can't show the history. ${reasonOf(error)}`);
  }
}
