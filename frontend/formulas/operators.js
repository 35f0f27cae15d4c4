/** What a formula's operators mean: as in JavaScript, but kind to empty cells and to numbers that arrive as text. */

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

/** `a + b + c`: nothing joined to text is the text. @param {any[]} values */
export function add(...values) {
  let sum = values[0];
  for (let index = 1; index < values.length; index += 1) sum = plus(sum, values[index]);
  return sum;
}

/** What stands for a value inside backticks. @param {any} value */
export const text = (value) => (value === undefined || value === null ? "" : value);

/** The number that a text is, else NaN. @param {string} value */
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

/** Both sides as they are put in order; nothing is smaller or larger than an empty cell.
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

/** A list holds the item, or a text holds the text in any case. @param {any} whole @param {any} part */
export function contains(whole, part) {
  if (Array.isArray(whole)) return whole.some((item) => same(item, part, false));
  return !isEmpty(whole) && shown(whole).toLowerCase().includes(shown(part).toLowerCase());
}

/** In a condition the text `false` is false. @param {any} value */
export const truth = (value) =>
  typeof value === "string" && value.length < 20 && value.trim().toLowerCase() === "false" ? false : value;

/** A member is read from a reference that must not be empty. @param {any} value @param {number} slot */
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
