/** The operators of formulas: as in JavaScript, but lenient with empty cells and with numbers that are text. */

import { collate } from "./collation.js";
import { EmptyReference, FailedReference, Failure, settled, TextNumber } from "./failures.js";

export { EmptyReference, settled };

const NUMBER = /^\s*-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\s*$/;

/** @param {any} value */
const isBlank = (value) => value === undefined || value === null || value === "";

/** @param {any} value */
export function isEmpty(value) {
  if (typeof value === "string") return value.trim() === "";
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return Object.prototype.toString.call(value) === "[object Object]" && Object.keys(value).length === 0;
}

/** @param {any} left @param {any} right */
function plus(left, right) {
  if (typeof left === "string" && isBlank(right)) return left;
  if (typeof right === "string" && isBlank(left)) return right;
  settled("+", left);
  settled("+", right);
  return left === undefined && right === undefined ? undefined : left + right;
}

/** Adds `a + b + c`; an empty value joined to text leaves the text. @param {any[]} values */
export function add(...values) {
  let sum = values[0];
  for (let index = 1; index < values.length; index += 1) sum = plus(sum, values[index]);
  return sum;
}

/** Adds like `add`, but not a number to a reference whose number is text: 48 + 1 would give 481.
 * @param {number[]} slots of the references among the values; -1 for the others
 * @param {boolean} isMeant whether numbers are meant, so that two texts are not joined either @param {any[]} values */
export function sum(slots, isMeant, ...values) {
  let [total, slot] = [values[0], slots[0]];
  for (let index = 1; index < values.length; index += 1) {
    const value = values[index];
    const textual = typeof total === "string" && slot >= 0 ? slot : typeof value === "string" ? slots[index] : -1;
    const isOfNumbers = isNumber(total) && isNumber(value) && (isMeant || typeof total !== typeof value);
    if (textual >= 0 && isOfNumbers && typeof total + typeof value !== "numbernumber")
      throw new TextNumber(textual, `${total} + ${value} gives ${total}${value}`);
    total = plus(total, value);
    slot = slots[index] < 0 ? -1 : slot;
  }
  return total;
}

/** @param {any} value */
export const isNumeric = (value) => typeof value === "string" && NUMBER.test(value);

/** @param {any} value */
const isNumber = (value) => typeof value === "number" || isNumeric(value);

/** Returns what a value becomes inside backticks. @param {any} value */
export const text = (value) => (value === undefined || value === null ? "" : value);

/** Returns the number that a text is, or NaN. @param {string} value */
export const numberOf = (value) => (NUMBER.test(value) ? Number(value) : NaN);

/** @param {any} left @param {any} right @param {boolean} strict */
function same(left, right, strict) {
  if (isBlank(left) || isBlank(right)) return isBlank(left) && isBlank(right);
  const kinds = typeof left + typeof right;
  if (kinds === "stringnumber") return numberOf(left) === right;
  if (kinds === "numberstring") return left === numberOf(right);
  if (kinds === "stringboolean") return left.trim().toLowerCase() === String(right);
  if (kinds === "booleanstring") return String(left) === right.trim().toLowerCase();
  if (strict) return left === right;
  // biome-ignore lint/suspicious/noDoubleEquals: it is the == of the formula's author
  return left == right;
}

/** @param {any} left @param {any} right */
export const equal = (left, right) => same(left, right, false);
/** @param {any} left @param {any} right */
export const identical = (left, right) => same(left, right, true);

/** Converts both sides for comparing their order; nothing is smaller or larger than an empty cell.
 * @param {any} left @param {any} right @returns {[any, any]} */
function ordered(left, right) {
  if (isBlank(left) || isBlank(right)) return [NaN, NaN];
  if (typeof left === "string" && typeof right === "string") {
    const [one, other] = [numberOf(left), numberOf(right)];
    return Number.isNaN(one) || Number.isNaN(other) ? [collate(left, right), 0] : [one, other];
  }
  if (typeof left === "string" && typeof right === "number") return [numberOf(left), right];
  if (typeof left === "number" && typeof right === "string") return [left, numberOf(right)];
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
