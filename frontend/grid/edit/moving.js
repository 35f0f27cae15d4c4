/**
 * Moves rows to another place in the table: shown at once, saved in the background, undone in one step.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Row} Row
 * @typedef {{ ids: number[], before: number | null }} Place where rows stand: before a row, or at the end of the table
 */

import { api, reasonOf } from "../../ui/api.js";
import { formatNumber, plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { queueSave } from "../../ui/saves.js";
import { undoStep } from "./deletion.js";

const MOST = 10_000; // rows from the first to the last one, as many as the API takes in one call
const MOST_APART = 100; // groups of rows that stand apart: undo puts each back by itself

/** Says why rows can't be moved here; nothing where they can. @param {Grid} grid @returns {string | undefined} */
export function whyNoMove({ canEdit, view }) {
  if (!canEdit) return "You can only view this table. Editors can move rows.";
  return view.spec.sorts.length ? "Sorted rows keep the order of the sort. Remove the sort to move rows." : undefined;
}

/** The last move. @type {Promise<unknown>} */
let moving = Promise.resolve();

/**
 * Moves when the moves before it are done: each begins where the one before has put its rows.
 * @param {Grid} grid @param {() => ReturnType<typeof move>} work
 */
function inTurn(grid, work) {
  const moved = moving.then(work);
  moving = moved;
  grid.history.add(moved.then((done) => done?.step)); // at once: Ctrl+Z may come before it is saved
  return moved;
}

/** Moves the chosen rows, else those of the selection, by one place. @param {Grid} grid @param {1 | -1} step */
export async function moveRowsBy(grid, step) {
  const why = whyNoMove(grid);
  if (why) return toast(why);
  await inTurn(grid, async () => {
    const [first, last] = bounds(grid);
    const gap = step < 0 ? first - 1 : last + 2;
    return gap >= 0 && gap <= grid.rows.total ? move(grid, first, last, gap) : undefined;
  });
}

/** Moves the chosen rows, else those of the selection, into the gap before an index. @param {Grid} grid @param {number} gap */
export async function moveRowsTo(grid, gap) {
  const moved = await inTurn(grid, () => move(grid, ...bounds(grid), gap));
  if (moved) toast(`Moved ${moved.text}.`, { undo: () => void undoStep(grid, moved.step) });
}

/** The first and the last index of what is moved. @param {Grid} grid @returns {[number, number]} */
function bounds({ selection, selectedRows }) {
  return selectedRows.count ? selectedRows.bounds : [selection.range.top, selection.range.bottom];
}

/** @param {Grid} grid @param {number} first @param {number} last @param {number} gap */
async function move(grid, first, last, gap) {
  if (last - first >= MOST) {
    toast(`Choose rows within ${formatNumber(MOST)} of each other to move them.`);
    return undefined;
  }
  try {
    const { rows, selectedRows } = grid;
    const read = await rows.range(first, last);
    const moved = selectedRows.count ? read.filter(({ id }) => selectedRows.has(id)) : read;
    if (moved.length === last - first + 1 && gap >= first && gap <= last + 1) return undefined; // they stand there
    const ids = new Set(moved.map(({ id }) => id));
    const places = await placesOf(grid, moved);
    if (places.length > MOST_APART) {
      toast(`Choose rows in at most ${MOST_APART} groups to move them at once.`);
      return undefined;
    }
    const before = await rowAtGap(grid, gap, ids);
    const to = gap - read.slice(0, Math.max(0, gap - first)).filter(({ id }) => ids.has(id)).length;
    show(grid, Math.min(first, gap), Math.max(last, gap - 1), gap, ids);
    follow(grid, to, ids.size);
    return await saved(grid, places, [{ ids: [...ids], before: before?.id ?? null }], plural(ids.size, "row"));
  } catch (error) {
    toast(`No row was moved. ${reasonOf(error)}`);
    return undefined;
  }
}

/** The first row from an index on that is not moved itself; undefined at the end of the table. @param {Grid} grid @param {number} gap @param {Set<number>} ids */
async function rowAtGap(grid, gap, ids) {
  const { rows } = grid;
  for (let index = gap; index < rows.total; index += 1) {
    const [row] = await rows.range(index, index);
    if (!ids.has(row?.id)) return row;
  }
  return rows.view ? rowAfter(grid, (await rows.range(rows.total - 1, rows.total - 1))[0]) : undefined;
}

/** The row that comes after another one in the table; undefined at its end. @param {Grid} grid @param {Row | undefined} row @returns {Promise<Row | undefined>} */
async function rowAfter({ table, rows }, row) {
  const position = (row?.position ?? rows.tableTotal) + 1;
  if (position >= rows.tableTotal) return undefined;
  if (!rows.view) return (await rows.range(position, position))[0];
  return (await api("GET", `/tables/${table.id}/rows?offset=${position}&limit=1`)).items[0];
}

/** Where rows stand now, those that follow each other together. @param {Grid} grid @param {Row[]} moved in order @returns {Promise<Place[]>} */
async function placesOf(grid, moved) {
  /** @type {Row[][]} */
  const groups = [];
  for (const row of moved) {
    const last = groups.at(-1)?.at(-1);
    if (last && row.position === (last.position ?? 0) + 1) groups.at(-1)?.push(row);
    else groups.push([row]);
  }
  if (groups.length > MOST_APART) return groups.map(() => ({ ids: [], before: null }));
  const after = await Promise.all(groups.map((group) => rowAfter(grid, group.at(-1))));
  return groups.map((group, i) => ({ ids: group.map(({ id }) => id), before: after[i]?.id ?? null }));
}

/** Shows rows in their new places, if all are loaded that change theirs. @param {Grid} grid @param {number} from @param {number} to @param {number} gap @param {Set<number>} ids */
function show({ rows }, from, to, gap, ids) {
  const before = Array.from({ length: to - from + 1 }, (_, i) => rows.at(from + i));
  if (!before.every((row) => row !== undefined)) return;
  const stays = (/** @type {Row} */ row) => !ids.has(row.id);
  const [above, below] = [before.slice(0, gap - from), before.slice(gap - from)];
  const after = [...above.filter(stays), ...before.filter((row) => !stays(row)), ...below.filter(stays)];
  if (!rows.view) for (const [i, row] of after.entries()) row.position = from + i;
  rows.reorder(from, after);
}

/** Lets what is chosen and selected follow the moved rows. @param {Grid} grid @param {number} first @param {number} count */
function follow({ selection, selectedRows, viewport }, first, count) {
  const last = first + count - 1;
  if (selectedRows.count) selectedRows.moved(first, last);
  const { left, right, top, bottom } = selection.range;
  if (bottom - top !== last - first) return;
  selection.select({ top: first, bottom: last, left, right });
  viewport.reveal(selection.row, selection.column);
}

/** @param {Grid} grid @param {Place[]} from @param {Place[]} to @param {string} text "3 rows" */
async function saved(grid, from, to, text) {
  const put = async (/** @type {Place[]} */ places) => {
    const storing = queueSave(async () => {
      for (const place of places) await api("POST", `/tables/${grid.table.id}/rows/move`, place);
    });
    await (grid.rows.view ? storing.finally(() => grid.view.refresh()) : grid.rows.keepOrder(storing));
    return true;
  };
  await put(to);
  return { step: { label: `move of ${text}`, undo: () => put(from), redo: () => put(to) }, text };
}
