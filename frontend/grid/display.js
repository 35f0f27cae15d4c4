/**
 * Hides columns, pins them to the left and moves them, as steps that Ctrl+Z undoes. In a saved view, and for whoever may
 * not edit, that is a matter of the view.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {Partial<Pick<Column, "hidden" | "pinned" | "position">>} Display
 * @typedef {import("./columns.js").Arrangement} Arrangement
 */

import { api, reasonOf } from "../ui/api.js";
import { plural } from "../ui/format.js";
import { toast } from "../ui/notices.js";
import { announceColumns } from "./signals.js";

/** @param {Column[]} columns */
const wordsOf = (columns) => (columns.length === 1 ? columns[0].name : plural(columns.length, "column"));

/** @param {Column[]} columns */
const idsOf = (columns) => columns.map(({ id }) => id);

/** @param {Grid} grid @param {keyof Arrangement} what */
const isOfView = ({ view, canEdit }, what) => view.current !== undefined || view.spec[what] !== null || !canEdit;

/** @param {Grid} grid @param {Column[]} columns @param {boolean} hidden */
export function setHidden(grid, columns, hidden) {
  const label = `${hidden ? "hiding" : "showing"} ${wordsOf(columns)}`;
  if (!isOfView(grid, "hidden")) return changeTable(grid, columns, { hidden }, label);
  return changeView(grid, { hidden: listWith(grid, "hidden", columns, hidden) }, label);
}

/** @param {Grid} grid @param {Column} column @param {boolean} pinned */
export function setPinned(grid, column, pinned) {
  const label = `${pinned ? "pinning" : "unpinning"} ${column.name}`;
  if (!isOfView(grid, "pinned")) return changeTable(grid, [column], { pinned }, label);
  return changeView(grid, { pinned: listWith(grid, "pinned", [column], pinned) }, label);
}

/** Moves a column to the place of another one. @param {Grid} grid @param {Column} column @param {Column} other */
export async function moveColumn(grid, column, other) {
  const label = `move of ${column.name}`;
  if (isOfView(grid, "order")) {
    const order = idsOf(grid.columns.ordered);
    const to = order.indexOf(other.id);
    order.splice(order.indexOf(column.id), 1);
    await changeView(grid, { order: order.toSpliced(to, 0, column.id) }, label);
  } else await changeTable(grid, [column], { position: other.position }, label);
  announceColumns();
}

/** Puts a new column at a side of another one, in a view that has its own order too. @param {Grid} grid @param {number} id @param {Column} beside @param {"left" | "right"} side */
export async function placeBeside(grid, id, beside, side) {
  const { view, columns } = grid;
  const position = beside.position + (side === "left" ? 0 : 1);
  await api("PATCH", `/columns/${id}`, { position, ...(isOfView(grid, "pinned") ? {} : { pinned: beside.pinned }) });
  const order = idsOf(columns.ordered).filter((other) => other !== id);
  const at = order.indexOf(beside.id) + (side === "left" ? 0 : 1);
  if (view.spec.order) await view.change({ order: order.toSpliced(at, 0, id) });
  if (view.spec.pinned && beside.pinned) await view.change({ pinned: [...view.spec.pinned, id] });
  await columns.reload();
}

/** The columns that are hidden or pinned, with some more, or without them. @param {Grid} grid @param {"hidden" | "pinned"} what @param {Column[]} columns @param {boolean} isSo */
function listWith(grid, what, columns, isSo) {
  const ids = idsOf(columns);
  const others = grid.columns.all.filter((other) => other[what] && !ids.includes(other.id));
  return isSo ? [...idsOf(others), ...ids] : idsOf(others);
}

/** @param {Grid} grid @param {Partial<Arrangement>} after @param {string} label */
async function changeView({ view, history }, after, label) {
  const before = Object.fromEntries(
    Object.keys(after).map((key) => [key, view.spec[/** @type {keyof Arrangement} */ (key)]]),
  );
  const shown = view.id;
  const put = async (/** @type {Partial<Arrangement>} */ part) => {
    if (view.id !== shown) await view.show(shown);
    await view.change(part);
    return true;
  };
  await put(after);
  history.add(Promise.resolve({ label, undo: () => put(before), redo: () => put(after) }));
}

/** @param {Grid} grid @param {Column[]} columns @param {Display} display @param {string} label */
async function changeTable(grid, columns, display, label) {
  const keys = /** @type {(keyof Display)[]} */ (Object.keys(display));
  const before = columns.map((column) => Object.fromEntries(keys.map((key) => [key, column[key]])));
  const undo = () => save(grid, columns, (index) => before[index]);
  const redo = () => save(grid, columns, () => display);
  const saving = redo();
  grid.history.add(saving.then((saved) => (saved ? { label, undo, redo } : undefined))); // at once: Ctrl+Z may come before it is saved
  await saving;
}

/** @param {Grid} grid @param {Column[]} columns @param {(index: number) => Display} displayOf */
async function save(grid, columns, displayOf) {
  try {
    for (const [index, column] of columns.entries()) await api("PATCH", `/columns/${column.id}`, displayOf(index));
    await grid.columns.reload();
    return true;
  } catch (error) {
    toast(`“${wordsOf(columns)}” was not changed. ${reasonOf(error)}`);
    return false;
  }
}
