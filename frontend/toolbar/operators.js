/**
 * The filters that a column can have, in words.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Filter} Filter
 * @typedef {import("../grid/types.d.ts").FilterOp} FilterOp
 * @typedef {{ op: FilterOp, words: string, input?: "text" | "number" | "date" | "state", value?: boolean }} Operator
 */

import { isComputed } from "../grid/cells.js";

/** @type {[string, string][]} */
export const STATES = [
  ["done", "Has a result"],
  ["failed", "Failed"],
  ["unknown", "May have been sent"],
  ["no_data", "No data"],
  ["skipped", "Run condition not met"],
  ["missing_input", "Missing input"],
  ["stale", "Out of date"],
  ["running", "Running"],
  ["waiting", "Waiting for another column"],
  ["cancelled", "Stopped"],
  ["empty", "Not run yet"],
];

/** @type {Operator[]} */
const TEXT = [
  { op: "contains", words: "contains", input: "text" },
  { op: "not_contains", words: "does not contain", input: "text" },
  { op: "eq", words: "is", input: "text" },
  { op: "ne", words: "is not", input: "text" },
];
/** @type {Operator[]} */
const EMPTY = [
  { op: "empty", words: "is empty" },
  { op: "not_empty", words: "is not empty" },
];
/** @param {"number" | "date"} input @param {[string, string, string, string]} words @returns {Operator[]} */
const ordered = (input, [eq, ne, gt, lt]) => [
  { op: "eq", words: eq, input },
  { op: "ne", words: ne, input },
  { op: "gt", words: gt, input },
  { op: "lt", words: lt, input },
];
const NUMBER = ordered("number", ["=", "≠", ">", "<"]);

/** The operators of a column. @param {Column} column @returns {Operator[]} */
export function operatorsOf(column) {
  if (isComputed(column))
    return [{ op: "state", words: "state is", input: "state" }, ...TEXT, ...NUMBER.slice(2), ...EMPTY];
  if (column.type === "number") return [...NUMBER, ...EMPTY];
  if (column.type === "date") return [...ordered("date", ["is", "is not", "is after", "is before"]), ...EMPTY];
  if (column.type === "checkbox") {
    return [
      { op: "eq", words: "is ticked", value: true },
      { op: "ne", words: "is not ticked", value: true },
    ];
  }
  return [...TEXT, ...EMPTY];
}

/** Set by the list of errors only: its value is the id of a row. @type {Operator} */
const LIKE = { op: "like", words: "failed the same way" };

/** The operators that a filter can be changed to, with its own. @param {Column} column @param {FilterOp} op */
export const operatorsBeside = (column, op) => (op === "like" ? [LIKE, ...operatorsOf(column)] : operatorsOf(column));

/** @param {Column} column @param {FilterOp} op */
export const operatorOf = (column, op) =>
  operatorsBeside(column, op).find((operator) => operator.op === op) ?? operatorsOf(column)[0];

/** The filter to begin with. @param {Column} column @returns {Filter} */
export const newFilter = (column) => withOperator(column, operatorsOf(column)[0]);

/** @param {Column} column @param {Operator} operator @param {string | boolean} [value] of the filter before @returns {Filter} */
export function withOperator(column, { op, input, value: fixed }, value) {
  if (input === "state")
    return { column: column.id, op, value: STATES.some(([key]) => key === value) ? value : "done" };
  if (input)
    return {
      column: column.id,
      op,
      value: typeof value === "string" && !STATES.some(([key]) => key === value) ? value : "",
    };
  return fixed === undefined ? { column: column.id, op } : { column: column.id, op, value: fixed };
}

/** Says whether a filter has all it needs. @param {Filter} filter */
export const isComplete = ({ value }) => value !== "";

/** Describes a filter. @param {Column} column @param {Filter} filter */
export function wordsOf(column, { op, value, message }) {
  if (message) return `${column.name}: ${message}`;
  const { words, input } = operatorOf(column, op);
  if (input === "state") return `${column.name}: ${STATES.find(([key]) => key === value)?.[1] ?? value}`;
  return input ? `${column.name} ${words} ${value}` : `${column.name} ${words}`;
}
