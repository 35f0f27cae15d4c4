/** The operators of formulas: as in JavaScript, but lenient with empty cells and with numbers that are text. */

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
  return left === undefined && right === undefined ? undefined : left + right;
}

/** Adds `a + b + c`; an empty value joined to text leaves the text. @param {any[]} values */
export function add(...values) {
  let sum = values[0];
  for (let index = 1; index < values.length; index += 1) sum = plus(sum, values[index]);
  return sum;
}

/** Returns what a value becomes inside backticks. @param {any} value */
export const text = (value) => (value === undefined || value === null ? "" : value);

/** Returns the number that a text is, or NaN. @param {string} value */
const numberOf = (value) => (NUMBER.test(value) ? Number(value) : NaN);

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
    return Number.isNaN(one) || Number.isNaN(other) ? [left, right] : [one, other];
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

export class EmptyReference extends TypeError {
  /** @param {number} slot */
  constructor(slot) {
    super("");
    this.slot = slot;
  }
}
