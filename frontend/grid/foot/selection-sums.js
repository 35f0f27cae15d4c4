/**
 * What the selected cells come to, in the line at the bottom: how many they are, their sum and their average.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Row} Row
 * @typedef {import("../types.d.ts").Column} Column
 */

import { make } from "../../ui/elements.js";
import { formatNumber, plural } from "../../ui/format.js";
import { isNumeric } from "../summary.js";
import { totals } from "./exact-sums.js";
import { shownValue } from "./summary-kinds.js";

const SETTLE_MS = 120; // after the last change of the selection
const NUMERAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i; // not what JavaScript alone reads, like 0x1F
const MOST_ROWS = 5_000; // that are read for a sum

/** The number that a cell holds, as it is written; text counts in columns of numbers alone. @param {Column} column @param {unknown} value */
function numeralOf({ type }, value) {
  if (isNumeric(value)) return String(value);
  return type === "number" && typeof value === "string" ? value.trim() : "";
}

/** @param {Row[]} rows @param {Column[]} columns */
export function numeralsIn(rows, columns) {
  const all = rows.flatMap(({ cells }) => columns.map((column) => numeralOf(column, cells[column.id]?.value)));
  return all.filter((numeral) => NUMERAL.test(numeral) && Number.isFinite(Number(numeral)));
}

/** @param {Grid} grid @param {HTMLElement} element */
export function showSelectionSums(grid, element) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let shown = "";
  const show = async () => {
    const { selection, columns, rows } = grid;
    const { area } = selection;
    const { top, bottom } = area;
    if (selection.isSingle || top < 0 || bottom < top) return element.replaceChildren();
    // A column may have gone since it was selected, as when undo takes it back.
    const chosen = area.columns.map((index) => columns.list[index]).filter((column) => column !== undefined);
    const cells = (bottom - top + 1) * chosen.length;
    shown = JSON.stringify(area);
    const isFew = bottom - top < MOST_ROWS;
    const read = isFew ? await rows.range(top, bottom).catch(() => []) : [];
    if (shown !== JSON.stringify(selection.area)) return; // another one is selected by now
    element.replaceChildren(...parts(cells, numeralsIn(read, chosen)));
  };
  const showSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void show(), SETTLE_MS);
  };
  grid.selection.addEventListener("change", showSoon);
  grid.rows.addEventListener("change", () => grid.selection.isSingle || showSoon());
}

/** @param {number} cells @param {string[]} numbers */
function parts(cells, numbers) {
  const words = make("span", "", plural(cells, "cell"));
  if (!numbers.length) return [words];
  const { sum, average } = totals(numbers);
  const pair = (/** @type {string} */ name, /** @type {string | number} */ value) =>
    make("span", "", `${name} `, make("b", "", shownValue(value)));
  const count = numbers.length === cells ? [] : [make("span", "", `${formatNumber(numbers.length)} numbers`)];
  return [words, ...count, pair("Sum", sum), pair("Average", average)];
}
