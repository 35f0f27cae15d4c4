/**
 * The filters that a column can have, in words.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Filter} Filter
 * @typedef {import("../grid/types.d.ts").FilterItem} FilterItem
 * @typedef {import("../grid/types.d.ts").FilterOp} FilterOp
 * @typedef {import("../grid/types.d.ts").Cell} Cell
 * @typedef {{ op: FilterOp, words: string, input?: "text" | "number" | "date" | "state" | "list", two?: boolean, value?: boolean }} Operator
 */

import { isComputed } from "../grid/cells.js";
import { isGroup, partsOf } from "../grid/conditions.js";

const MOST_NAMED = 3; // values of a list

/** @type {[string, string][]} */
export const STATES = [
  ["done", "Has a result"],
  ["errors", "Error"],
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
  { op: "one_of", words: "is one of", input: "list" },
  { op: "not_one_of", words: "is not one of", input: "list" },
  { op: "starts_with", words: "starts with", input: "text" },
  { op: "ends_with", words: "ends with", input: "text" },
];
/** @type {Operator[]} */
const EMPTY = [
  { op: "empty", words: "is empty" },
  { op: "not_empty", words: "is not empty" },
];
/** @param {"number" | "date"} input @param {[string, string, string, string]} words @returns {Operator[]} */
const ordered = (input, [gt, gte, lt, lte]) => [
  { op: "gt", words: gt, input },
  { op: "gte", words: gte, input },
  { op: "lt", words: lt, input },
  { op: "lte", words: lte, input },
  { op: "between", words: "is between", input, two: true },
];
const SIZE = ordered("number", [">", "≥", "<", "≤"]);
/** @type {Operator[]} */
const NUMBER = [
  { op: "eq", words: "=", input: "number" },
  { op: "ne", words: "≠", input: "number" },
  ...SIZE,
  { op: "one_of", words: "is one of", input: "list" },
  { op: "not_one_of", words: "is not one of", input: "list" },
];
/** @type {Operator[]} */
const DATE = [
  { op: "eq", words: "is", input: "date" },
  { op: "ne", words: "is not", input: "date" },
  ...ordered("date", ["is after", "is on or after", "is before", "is on or before"]),
];

/** The operators of a column. @param {Column} column @returns {Operator[]} */
export function operatorsOf(column) {
  if (isComputed(column)) return [{ op: "state", words: "state is", input: "state" }, ...TEXT, ...SIZE, ...EMPTY];
  if (column.type === "number") return [...NUMBER, ...EMPTY];
  if (column.type === "date") return [...DATE, ...EMPTY];
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

/** Set by the panel only: its value names a list of rows. @type {Operator} */
const LISTED = { op: "listed", words: "is one of the listed rows" };

/** The operators that a filter can be changed to, with its own. @param {Column} column @param {FilterOp} op */
export const operatorsBeside = (column, op) => [
  ...[LIKE, LISTED].filter((momentary) => momentary.op === op),
  ...operatorsOf(column),
];

/** @param {Column} column @param {FilterOp} op */
export const operatorOf = (column, op) =>
  operatorsBeside(column, op).find((operator) => operator.op === op) ?? operatorsOf(column)[0];

/** The filter to begin with. @param {Column} column @returns {Filter} */
export const newFilter = (column) => withOperator(column, operatorsOf(column)[0]);

/**
 * @param {Column} column @param {Operator} operator @param {Filter["value"]} [value] of the filter before, kept where it fits
 * @returns {Filter}
 */
export function withOperator(column, { op, input, two, value: fixed }, value) {
  const isState = STATES.some(([key]) => key === value);
  if (input === "state") return { column: column.id, op, value: isState ? value : "done" };
  if (!input) return fixed === undefined ? { column: column.id, op } : { column: column.id, op, value: fixed };
  const before = isState || typeof value === "boolean" || value === undefined ? [] : [value].flat();
  if (two) return { column: column.id, op, value: [before[0] ?? "", before[1] ?? ""] };
  return { column: column.id, op, value: input === "list" ? before.filter(Boolean) : (before[0] ?? "") };
}

const NUMERIC = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i;

/** Says whether a filter has all it needs, in a form that its column takes. @param {Column} column @param {Filter} filter */
export function isComplete(column, { op, value }) {
  if (value === undefined || typeof value === "boolean") return true;
  const values = [value].flat();
  const isNumber = column.type === "number" && operatorOf(column, op).input === "number";
  return values.length > 0 && values.every((text) => text !== "" && (!isNumber || NUMERIC.test(text)));
}

/** The filter that finds the rows with the same in a column as a cell. @param {Column} column @param {Cell | undefined} cell @returns {Filter} */
export function filterLike(column, cell) {
  if (cell?.state && cell.state !== "done") return { column: column.id, op: "state", value: cell.state };
  if (column.type === "checkbox") return { column: column.id, op: cell?.value ? "eq" : "ne", value: true };
  const { value } = cell ?? {};
  if (value === undefined || value === null || value === "") return { column: column.id, op: "empty" };
  return { column: column.id, op: "eq", value: typeof value === "object" ? JSON.stringify(value) : String(value) };
}

/** Describes a filter. @param {Column} column @param {Filter} filter */
export function wordsOf(column, { op, value, message }) {
  if (message) return op === "listed" ? message : `${column.name}: ${message}`;
  const { words, input, two } = operatorOf(column, op);
  if (input === "state") return `${column.name}: ${STATES.find(([key]) => key === value)?.[1] ?? value}`;
  if (!input) return `${column.name} ${words}`;
  const values = [value ?? ""].flat();
  const many = input === "list" && values.length > MOST_NAMED;
  const named = many ? `${values.slice(0, MOST_NAMED).join(", ")} + ${values.length - MOST_NAMED}` : undefined;
  return `${column.name} ${words} ${named ?? values.join(two ? " and " : ", ")}`;
}

/** Describes an item: a group as its conditions with "and" or "or" between them. @param {FilterItem} item @param {(id: number) => Column | undefined} byId @returns {string} */
export function wordsOfItem(item, byId) {
  if (!isGroup(item)) {
    const column = byId(item.column);
    return column ? wordsOf(column, item) : "";
  }
  const words = partsOf(item).map((part) => (isGroup(part) ? `(${wordsOfItem(part, byId)})` : wordsOfItem(part, byId)));
  return words.filter((part) => part !== "" && part !== "()").join(item.any ? " or " : " and ");
}
