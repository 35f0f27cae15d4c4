/** The operators of formulas: as in JavaScript, but lenient with empty cells and with numbers that are text. */

import { amountOf } from "./amounts.js";
import { collate } from "./collation.js";
import { ALWAYS_KEPT, calculable, compareNumbers, exactly, isNumeric, math, native, numberOf } from "./digits.js";
import { EmptyReference, FailedReference, Failure, settled, TextNumber } from "./failures.js";
import { textual, written } from "./written.js";

export { amountOf, calculable, EmptyReference, isNumeric, math, settled, textual, written };

const CODE = /^\s*[-+]?0\d/; // 0042 is no number, unless it is calculated with
const MOST_DAYS = 100_000; // what is more are milliseconds, as JavaScript counts
const ONLY_DAY = /^\s*\d{4}-\d\d-\d\d\s*$/;
const DAY = /^\d{4}-\d\d-\d\d(?!\d)/;

/** @param {any} value */
const isBlank = (value) => value === undefined || value === null || value === "";

/** @param {any} value */
export function isEmpty(value) {
  if (typeof value === "string") return value.trim() === "";
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return Object.prototype.toString.call(value) === "[object Object]" && Object.keys(value).length === 0;
}

/** @param {any} value */
const isDate = (value) => value instanceof Date || value?._isAMomentObject === true;

/** @param {any} value */
const isOfDays = (value) => isDate(value) || (typeof value === "string" && ONLY_DAY.test(value));

/** @param {any} left @param {any} right */
function plus(left, right) {
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (typeof left === "string" && isBlank(right)) return left;
  if (typeof right === "string" && isBlank(left)) return right;
  settled("+", left);
  settled("+", right);
  if ((typeof left === "number" && isOfDays(right)) || (typeof right === "number" && isOfDays(left)))
    throw new Failure("+", "#VALUE!", 'A number can\'t be added to a date. Write moment(…).add(1, "days").');
  if (left === undefined && right === undefined) return undefined;
  if (typeof left === "string") return left + written(right);
  return typeof right === "string" ? written(left) + right : left + right;
}

/** Adds `a + b + c`; an empty value joined to text leaves the text. @param {any[]} values */
export function add(...values) {
  let sum = values[0];
  for (let index = 1; index < values.length; index += 1) sum = plus(sum, values[index]);
  return sum;
}

/** Subtracts; days are not taken from the milliseconds of a date. @param {any} left @param {any} right */
export function minus(left, right) {
  if (isDate(left) && !isDate(right) && Math.abs(right) < MOST_DAYS)
    throw new Failure("-", "#VALUE!", 'A number can\'t be taken from a date. Write moment(…).subtract(1, "days").');
  return left - right;
}

/** Of a cell of a number column: the number, or its digits as text if JavaScript would round them. @param {any} value */
export function figure(value) {
  if (typeof value !== "string") return value;
  const number = Number.isNaN(numberOf(value)) ? (amountOf(value) ?? NaN) : numberOf(value);
  return Number.isNaN(number) || compareNumbers(value, number) ? value : number;
}

/** What a cell of a number column is where its truth is tested: only 0 isn't true. @param {any} value */
export const unlessZero = (value) => (typeof value === "string" && figure(value) === 0 ? 0 : value);

/** Two texts of numbers that were joined, and the slot of one of them. @typedef {{ slot: number, sum: string }} Join */

/** How the author of a sum means it, besides what its references hold. */
const NUMBERS_ARE_MEANT = 1;
const TEXT_IS_MEANT = 2;

/** Returns the `+` of a formula. It adds like `add`, but not a number to a reference whose number is text: 48 + 1 would
 * give 481. Cells of number columns are added to numbers and to each other, and joined to text as they are written.
 * @param {(join: Join) => void} note hears of what may have been joined though it was meant to be added */
export const sumNoting =
  (note) =>
  /** @param {number[]} slots of the references among the values, -1 for the others; those of number columns as -2 - slot
   * @param {number} meant @param {any[]} values */
  (slots, meant, ...values) => {
    let [total, slot] = [values[0], slots[0]];
    for (let index = 1; index < values.length; index += 1) {
      let [value, other] = [values[index], slots[index]];
      if (slot < -1 && other < -1 && (isBlank(total) || isBlank(value))) {
        total = isBlank(total) ? value : total; // an empty one adds nothing
        continue;
      }
      if (slot < -1 && isAmong(value, other)) [total, slot] = [exactFigure(total), -1];
      if (other < -1 && (typeof total === "number" || slot < -1)) [value, other] = [exactFigure(value), -1];
      if (typeof total === "string" || typeof value === "string") checkJoin(total, slot, value, other, meant, note);
      total = plus(total, value);
      slot = other === -1 ? -1 : Math.max(slot, -1);
    }
    return slot < -1 ? exactFigure(total) : total;
  };

/** Says whether a cell of a number column is added to this, not joined. @param {any} value @param {number} slot */
const isAmong = (value, slot) => slot < -1 || typeof value === "number" || (slot >= 0 && isNumeric(value));

/** @param {any} value */
const exactFigure = (value) => (isNumeric(value) ? exactly(value) : figure(value));

/** Throws where `+` would join what is surely meant as numbers, and notes where that may be so.
 * @param {any} left @param {number} slot @param {any} right @param {number} other @param {number} meant @param {(join: Join) => void} note */
function checkJoin(left, slot, right, other, meant, note) {
  const textual = typeof left === "string" && slot >= 0 ? slot : typeof right === "string" ? other : -1;
  if (textual < 0) {
    const isOfNames = slot < 0 && other < 0 && meant !== TEXT_IS_MEANT;
    if (isOfNames && isNumber(left) && isNumber(right))
      note({ slot: -1, sum: `${left} + ${right} gives ${left}${right}` });
    return;
  }
  const isOneNumber = typeof left !== typeof right;
  const text = typeof left === "string" ? left : right;
  const sum = `${left} + ${right} gives ${left}${right}`;
  if (isOneNumber && typeof left !== "number" && typeof right !== "number") return;
  if (isOneNumber && DAY.test(text)) throw new TextNumber(textual, sum, "date");
  if (isOneNumber && !isNumeric(text) && amountOf(text) !== undefined) throw new TextNumber(textual, sum, "amount");
  if (!isNumber(left) || !isNumber(right)) return;
  if (isOneNumber || meant === NUMBERS_ARE_MEANT) throw new TextNumber(textual, sum, "number");
  if (meant !== TEXT_IS_MEANT) note({ slot: textual, sum });
}

/** @param {any} value */
const isNumber = (value) => typeof value === "number" || isNumeric(value);

/** Returns what a value becomes inside backticks. @param {any} value */
export const text = (value) => (value === undefined || value === null ? "" : written(value));

/** @param {any} value */
const isPlain = (value) => Object.prototype.toString.call(value) === "[object Object]" && !isDate(value);

/** Compares a text with a number; NaN if it isn't one. @param {string} text @param {number} number */
function compareWithNumber(text, number) {
  if (text.length <= ALWAYS_KEPT && isNumeric(text)) return native(text) - number;
  if (isNumeric(text)) return Number.isNaN(number) ? NaN : compareNumbers(text, number);
  const amount = CODE.test(text) ? undefined : amountOf(text);
  return amount === undefined ? NaN : amount - number;
}

/** Says whether a date is compared with another one, or with a text. @param {any} left @param {any} right */
const areDates = (left, right) =>
  (isDate(left) && (isDate(right) || typeof right === "string")) || (typeof left === "string" && isDate(right));

/** Returns the moment of a date, or of a text that may be one. @param {any} value @returns {number} */
const momentOf = (value) => (isDate(value) ? value : new Date(isNumeric(value) ? NaN : value)).valueOf();

/** Returns the moment of a date, or of a text that has to be one. @param {any} value */
function knownMoment(value) {
  const moment = momentOf(value);
  if (Number.isNaN(moment)) throw new Failure("", "#VALUE!", `“${String(value).slice(0, 40)}” is not a valid date.`);
  return moment;
}

/** @param {any} left @param {any} right @param {boolean} strict */
function same(left, right, strict) {
  if (isBlank(left) || isBlank(right)) return isBlank(left) && isBlank(right);
  if (areDates(left, right)) return momentOf(left) === momentOf(right);
  const kinds = typeof left + typeof right;
  if (kinds === "stringnumber") return compareWithNumber(left, right) === 0;
  if (kinds === "numberstring") return compareWithNumber(right, left) === 0;
  if (kinds === "stringboolean") return left.trim().toLowerCase() === String(right);
  if (kinds === "booleanstring") return String(left) === right.trim().toLowerCase();
  if (strict || isPlain(left) || isPlain(right) || isUnlike(left, right) || isUnlike(right, left))
    return left === right;
  // biome-ignore lint/suspicious/noDoubleEquals: it is the == of the formula's author
  return left == right;
}

/** Says whether JavaScript alone takes a list for this: for false or 0 where it is empty. @param {any} list @param {any} other */
const isUnlike = (list, other) =>
  Array.isArray(list) && (typeof other === "boolean" || (typeof other === "number" && !list.length));

/** Compares a cell of a number column: 1.0 is 1 there. @param {any} left @param {any} right */
export const alike = (left, right) => same(left, right, false) || same(figure(left), figure(right), false);

/** @param {any} left @param {any} right */
export const equal = (left, right) => same(left, right, false);
/** @param {any} left @param {any} right */
export const identical = (left, right) => same(left, right, true);

/** Converts both sides for comparing their order; nothing is smaller or larger than an empty cell.
 * @param {any} left @param {any} right @returns {[any, any]} */
function ordered(left, right) {
  if (isBlank(left) || isBlank(right)) return [NaN, NaN];
  if (areDates(left, right)) return [knownMoment(left), knownMoment(right)];
  if (typeof left === "string" && typeof right === "string")
    return [isNumeric(left) && isNumeric(right) ? compareNumbers(left, right) : collate(left, right), 0];
  if (typeof left === "string" && typeof right === "number") return [compareWithNumber(left, right), 0];
  if (typeof left === "number" && typeof right === "string") return [0, compareWithNumber(right, left)];
  return [left, right];
}

/** @param {any} left @param {string} operator @param {any} right */
export function compare(left, operator, right) {
  const [one, other] = typeof left === "number" && typeof right === "number" ? [left, right] : ordered(left, right);
  if (operator === "<") return one < other;
  if (operator === ">") return one > other;
  return operator === "<=" ? one <= other : one >= other;
}

/** @param {any} value */
function shown(value) {
  if (isBlank(value)) return "";
  return typeof value === "object" ? (JSON.stringify(value) ?? "") : String(value);
}

/** Says whether a list contains an item, or a text another text in any case. @param {any} whole @param {any} part */
export function contains(whole, part) {
  if (Array.isArray(whole)) return whole.some((item) => same(item, part, false));
  return !isEmpty(whole) && shown(whole).toLowerCase().includes(shown(part).toLowerCase());
}

/** Makes the text `false` false, for conditions. @param {any} value */
export const truth = (value) =>
  typeof value === "string" && value.length < 20 && value.trim().toLowerCase() === "false" ? false : value;

/** Returns a value of which a member is read; throws if it is empty. @param {any} value @param {number} slot */
export function need(value, slot) {
  if (value === undefined || value === null) throw new EmptyReference(slot);
  return value;
}

/** Returns the value of a reference that may have failed; throws if it has. @param {any} value @param {any} state */
export function known(value, state) {
  if (state?.$failed) throw new FailedReference(state.$failed);
  return value;
}

/** Says whether a value stands for a failure. @param {any} value */
function isFailure(value) {
  if (value instanceof Error || (typeof value === "number" && !Number.isFinite(value))) return true;
  if (value instanceof Date) return Number.isNaN(value.getTime());
  return value?._isAMomentObject === true && !value.isValid();
}

/** Computes a value, and returns what failed instead of it, if anything. @param {() => any} compute @returns {[any, Error | null]} */
function tried(compute) {
  try {
    const value = compute();
    return isFailure(value) ? [value, value instanceof Error ? value : new Failure("", "")] : [value, null];
  } catch (error) {
    if (String(/** @type {any} */ (error)?.message).startsWith("Out of memory")) throw error;
    return [undefined, /** @type {Error} */ (error)];
  }
}

/** @param {Error | null} error */
const isNotFound = (error) => error instanceof Failure && error.code === "#N/A";

/** An uploaded cell with FALSE is text. @param {any} value */
export const isFalseText = (value) => typeof value === "string" && value.trim().toLowerCase() === "false";

/** IF: whether its test holds. @param {any} value */
export const isTrue = (value) => Boolean(settled("IF", value)) && !isFalseText(value);

/** IFERROR: `instead` is computed only after a failure. @param {() => any} compute @param {() => any} [instead] */
export function ifError(compute, instead = () => undefined) {
  const [value, error] = tried(compute);
  return error ? instead() : value;
}

/** @param {() => any} compute @param {() => any} [instead] */
export function ifNotFound(compute, instead = () => undefined) {
  const [value, error] = tried(compute);
  if (error && !isNotFound(error)) throw error;
  return error ? instead() : value;
}

/** @param {() => any} compute */
export const isError = (compute) => tried(compute)[1] !== null;
/** @param {() => any} compute */
export const isMissing = (compute) => isNotFound(tried(compute)[1]);
/** @param {() => any} compute */
export function isOtherError(compute) {
  const [, error] = tried(compute);
  return error !== null && !isNotFound(error);
}

/** SWITCH: the value beside the first case that equals. @param {any} value @param {[() => any, () => any][]} cases @param {() => any} [otherwise] */
export function switched(value, cases, otherwise = () => none("SWITCH")) {
  const found = cases.find(([one]) => equal(value, one()));
  return found ? found[1]() : otherwise();
}

/** @param {any} place counted from 1 @param {(() => any)[]} values */
export function chosen(place, values) {
  const value = values[Math.trunc(Number(place)) - 1];
  if (!value) throw new Failure("CHOOSE", "#VALUE!");
  return value();
}

/** @param {string} name of the function that found nothing @returns {never} */
export function none(name) {
  throw new Failure(name, "#N/A");
}

/** @param {any} value @param {any} list */
export const isOneOf = (value, list) => (Array.isArray(list) ? list : [list]).some((one) => same(value, one, false));

/** @param {any} whole @param {any} part */
export const startsWith = (whole, part) =>
  !isEmpty(whole) && shown(whole).toLowerCase().startsWith(shown(part).toLowerCase());
/** @param {any} whole @param {any} part */
export const endsWith = (whole, part) =>
  !isEmpty(whole) && shown(whole).toLowerCase().endsWith(shown(part).toLowerCase());
