/** Look-ups and lists of spreadsheets, with texts ordered by language and numbers that may be text. */

import { collate } from "./collation.js";
import { numberOf } from "./digits.js";
import { Failure } from "./failures.js";
import { compare, equal } from "./operators.js";

/** @typedef {Record<string, Function>} Functions of Formula.js */

/** Returns -1, 0 or 1: numbers by size, texts by language without regard to capitals; NaN for values of two kinds.
 * @param {any} one @param {any} other */
function order(one, other) {
  if (equal(one, other)) return 0;
  if (typeof one === "string" && typeof other === "string" && Number.isNaN(numberOf(one) * numberOf(other)))
    return collate(one, other, { sensitivity: "accent" });
  if (typeof one !== typeof other && typeof one !== "string" && typeof other !== "string") return NaN;
  return compare(one, "<", other) ? -1 : compare(one, ">", other) ? 1 : NaN;
}

/** Returns the place of the largest value up to the wanted one, or of the smallest from it on; -1 without one.
 * @param {any} wanted @param {any[]} values @param {1 | -1} side */
function nearest(wanted, values, side) {
  let best = -1;
  values.forEach((value, at) => {
    const difference = order(value, wanted) * side;
    if (difference <= 0 && (best < 0 || order(value, values[best]) * side > 0)) best = at;
  });
  return best;
}

/** @param {any} wanted @param {any[]} values */
const exact = (wanted, values) => values.findIndex((value) => order(value, wanted) === 0);

/** @param {any} value */
const listOf = (value) => (Array.isArray(value) ? value.flat(Infinity) : [value]);

/** @param {any} range */
const isYes = (range) => range !== 0 && range !== false && range !== "0" && String(range).toLowerCase() !== "false";

/** @param {any[][]} rows @param {number} at @param {any} column @param {string} name */
function picked(rows, at, column, name) {
  if (at < 0) throw new Failure(name, "#N/A");
  const row = listOf(rows[at]);
  if (!(column >= 1 && column <= row.length)) throw new Failure(name, "#REF!");
  return row[column - 1];
}

/** @param {Functions} formulajs */
export function lookups(formulajs) {
  /** @param {any} wanted @param {any} list @param {any} [type] */
  function MATCH(wanted, list, type = 1) {
    if (Number(type) === 0) {
      const at = exact(wanted, listOf(list));
      return at < 0 ? formulajs.MATCH(wanted, list, 0) : at + 1;
    }
    const side = Number(type);
    if (wanted === undefined || wanted === null || list === undefined || (side !== 1 && side !== -1))
      throw new Failure("MATCH", "#N/A");
    const at = nearest(wanted, listOf(list), side);
    if (at < 0) throw new Failure("MATCH", "#N/A");
    return at + 1;
  }

  /** @param {string} name @param {any} wanted @param {any} table @param {any} column @param {any} range */
  function fromTable(name, wanted, table, column, range) {
    if (!Array.isArray(table) || !column) throw new Failure(name, "#N/A");
    const first = table.map((row) => listOf(row)[0]);
    const at = exact(wanted, first);
    return picked(table, at < 0 && isYes(range) ? nearest(wanted, first, 1) : at, Number(column), name);
  }

  /** @param {any} wanted @param {any} values @param {any} [results] */
  function LOOKUP(wanted, values, results = values) {
    const list = listOf(values);
    const same = exact(wanted, list);
    const near =
      typeof wanted === "number" ? nearest(wanted, list, 1) : list.findLastIndex((one) => order(one, wanted) <= 0);
    const at = same < 0 ? near : same;
    return picked([listOf(results)], at < 0 ? -1 : 0, at + 1, "LOOKUP");
  }

  /** @param {any} wanted @param {any} values @param {any} results @param {any} [otherwise] @param {any} [mode] */
  function XLOOKUP(wanted, values, results, otherwise, mode = 0) {
    const list = listOf(values);
    const side = Number(mode);
    const at = exact(wanted, list);
    const found = at < 0 && (side === 1 || side === -1) ? nearest(wanted, list, side === 1 ? -1 : 1) : at;
    if (found >= 0) return Array.isArray(results) ? results[found] : results;
    if (otherwise === undefined) throw new Failure("XLOOKUP", "#N/A");
    return otherwise;
  }

  return {
    MATCH,
    LOOKUP,
    XLOOKUP,
    VLOOKUP: (/** @type {any} */ wanted, /** @type {any} */ table, /** @type {any} */ column, range = true) =>
      fromTable("VLOOKUP", wanted, table, column, range),
    HLOOKUP: (/** @type {any} */ wanted, /** @type {any} */ table, /** @type {any} */ row, range = true) =>
      fromTable("HLOOKUP", wanted, Array.isArray(table) ? formulajs.TRANSPOSE(table) : table, row, range),
    SORT: sortOf(formulajs.SORT),
    UNIQUE: (/** @type {any[]} */ ...values) => unique(values.length === 1 ? rowsOf(values[0]) : values),
    FILTER,
  };
}

/** @param {any} value */
const rowsOf = (value) => (Array.isArray(value) ? value : [value]);

/** @param {any[]} values */
const unique = (values) => [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];

/** Sorts a plain list, too; a table by a column. @param {Function} sortTable */
const sortOf =
  (sortTable) =>
  (/** @type {any} */ list, by = 1, direction = 1, /** @type {any} */ byColumn = false) => {
    if (!Array.isArray(list) || byColumn || !(Number(by) >= 1) || Math.abs(Number(direction)) !== 1)
      return sortTable(list, by, direction, byColumn);
    if (list.some(Array.isArray) && !list.every((row) => Number(by) <= listOf(row).length))
      return sortTable(list, by, direction, byColumn);
    const key = (/** @type {any} */ row) => (Array.isArray(row) ? row[Number(by) - 1] : row);
    return [...list].sort((one, other) => inColumn(key(one), key(other), Number(direction)));
  };

/** Numbers come before texts, and blank cells last in both directions. @param {any} one @param {any} other @param {number} direction */
function inColumn(one, other, direction) {
  const [kind, otherKind] = [kindOf(one), kindOf(other)];
  if (kind === BLANK || otherKind === BLANK) return kind - otherKind;
  return (kind === otherKind ? order(one, other) || 0 : kind - otherKind) * direction;
}

const BLANK = 3;

/** @param {any} value */
function kindOf(value) {
  if (value === undefined || value === null || value === "") return BLANK;
  return typeof value === "number" ? 0 : typeof value === "string" ? 1 : 2;
}

/** @param {any} list @param {any[]} conditions a list of truths, as long as the list */
function FILTER(list, ...conditions) {
  const rows = rowsOf(list);
  const truths = conditions.map(rowsOf);
  if (!truths.length || truths.some((one) => one.length !== rows.length)) throw new Failure("FILTER", "#VALUE!");
  const found = rows.filter((_row, at) => truths.every((one) => one[at] && String(one[at]).toLowerCase() !== "false"));
  if (!found.length) throw new Failure("FILTER", "#N/A");
  return found;
}
