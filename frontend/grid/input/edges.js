/**
 * Where Ctrl and an arrow lead: to the last filled cell before a gap, over a gap to the next filled one, else to the end.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Cell} Cell
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {{ row: number, column: number }} Place
 */

import { copyText } from "../cells.js";

const READ = 500; // rows at once
const MOST_READ = 10; // times; where there is no gap in so many rows, the end is meant

/** @param {Column} column @param {Cell | undefined} cell */
const isFilled = (column, cell) => copyText(column, cell) !== "";

/**
 * How many of the cells that follow one another are passed; undefined where those that were read don't tell.
 * @param {boolean} first whether the cell it starts from is filled @param {boolean[]} following @returns {number | undefined}
 */
export function stepsToEdge(first, following) {
  if (!following.length) return 0;
  const gap = first && following[0];
  const end = following.indexOf(!gap);
  if (end < 0) return undefined;
  return gap ? end : end + 1;
}

/** @param {Grid} grid @param {Place} from @param {1 | -1} step @returns {number} a column */
export function edgeAcross({ columns, rows }, { row, column }, step) {
  const cells = rows.at(row)?.cells ?? {};
  const filled = columns.list.map((each) => isFilled(each, cells[each.id]));
  const following = step > 0 ? filled.slice(column + 1) : filled.slice(0, column).reverse();
  return column + step * (stepsToEdge(filled[column], following) ?? following.length);
}

/** @param {Grid} grid @param {Place} from @param {1 | -1} step @returns {Promise<number>} a row */
export async function edgeDown({ columns, rows }, { row, column }, step) {
  const shown = columns.list[column];
  const end = step > 0 ? rows.total - 1 : 0;
  const first = isFilled(shown, rows.at(row)?.cells[shown.id]);
  /** @type {boolean[]} */
  const following = [];
  for (let read = 0, at = row + step; read < MOST_READ && (end - at) * step >= 0; read += 1) {
    const last = step > 0 ? Math.min(end, at + READ - 1) : Math.max(end, at - READ + 1);
    const some = await rows.range(Math.min(at, last), Math.max(at, last));
    const filled = some.map(({ cells }) => isFilled(shown, cells[shown.id]));
    following.push(...(step > 0 ? filled : filled.reverse()));
    const steps = stepsToEdge(first, following);
    if (steps !== undefined) return row + step * steps;
    at = last + step;
  }
  return end;
}
