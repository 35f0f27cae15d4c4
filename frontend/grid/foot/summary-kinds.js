/**
 * What can be counted below a column, and how it is said.
 *
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {"none" | "rows" | "filled" | "empty" | "unique" | "sum" | "mean" | "min" | "max"} Kind
 */

import { groupDigits } from "../../ui/format.js";
import { isComputed } from "../cells.js";

const COUNTED_BY_ITSELF = 100_000; // rows; in larger tables only what somebody has chosen

const DIGITS = 15; // that a number holds

/** @type {Record<Kind, string>} */
const WORDS = {
  none: "No summary",
  rows: "Rows",
  filled: "Filled",
  empty: "Empty",
  unique: "Different",
  sum: "Sum",
  mean: "Average",
  min: "Min",
  max: "Max",
};

/** @type {Partial<Record<Kind, string>>} */
const WORDS_OF_DATES = { min: "Earliest", max: "Latest" };

/** @param {Kind} kind @param {Column} column */
export const wordOf = (kind, { type }) => (type === "date" && WORDS_OF_DATES[kind]) || WORDS[kind];

/** What can be counted in a column. @param {Column} column @returns {Kind[]} */
export function kindsOf({ type }) {
  const counts = /** @type {Kind[]} */ (["none", "rows", "filled", "empty", "unique"]);
  if (type === "checkbox") return counts;
  return type === "date" ? [...counts, "min", "max"] : [...counts, "sum", "mean", "min", "max"];
}

/**
 * What is shown where nobody has chosen: how many rows there are, what numbers add up to, how far a column is filled.
 * @param {Column} column @param {number} index of those shown @param {number} rows of the table @returns {Kind}
 */
export function usualKind(column, index, rows) {
  if (index === 0) return "rows";
  if (rows > COUNTED_BY_ITSELF) return "none";
  if (column.type === "number") return "sum";
  return isComputed(column) ? "filled" : "none";
}

/** With every digit; those of a fraction that a number does not hold are noise. @param {unknown} value @returns {string} */
export function shownValue(value) {
  if (value === null || value === undefined) return "–";
  const isFraction = typeof value === "number" && !Number.isSafeInteger(value);
  return groupDigits(String(isFraction ? Number(value.toPrecision(DIGITS)) : value));
}
