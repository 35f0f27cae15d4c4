/** Numbers that have more digits than JavaScript keeps: refused where a formula calculates with them, else compared exactly. */

import { Failure } from "./failures.js";

/** JavaScript's, which rounds without a word. */
export const native = Number;

const NUMBER = /^\s*-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\s*$/;
const DECIMAL = /^\s*([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?\s*$/i;
const WITH_COMMA = /^\s*[-+]?\d+([.,']\d{3})*,\d+(?![\d,]|\.\d+[.,])/;
const WITH_EXPONENT = /^\s*[-+]?\d+(\.\d+)?e[-+]?\d+\s*$/i;
export const ALWAYS_KEPT = 15; // characters, of which a double keeps every digit
/** Below, what is lost stands behind the third decimal, as in any calculation with fractions. */
const COUNTS_FROM = 1e12;

/** @param {any} value */
export const isNumeric = (value) => typeof value === "string" && NUMBER.test(value);

/** Returns the number that a text is, or NaN. @param {string} text */
export const numberOf = (text) => (NUMBER.test(text) ? native(text) : NaN);

/** Returns the digits that count, and the place of the point before the first of them. @param {string} text */
function decimalOf(text) {
  const [, sign, whole, fraction, exponent] = /** @type {string[]} */ (DECIMAL.exec(text) ?? ["", "", "", "", ""]);
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  const point = whole.length + native(exponent ?? 0) - (all.length - digits.length);
  return { isNegative: sign === "-", digits: digits.replace(/0+$/, ""), point };
}

/** Says whether the number that JavaScript makes of a text has other digits. @param {string} text @param {number} number */
export const losesDigits = (text, number) =>
  text.length > ALWAYS_KEPT && Number.isFinite(number) && decimalOf(text).digits !== decimalOf(String(number)).digits;

/** @param {string} text @param {number} number what it would be rounded to */
function refuseRounding(text, number) {
  const [shown, rounded] = [text.trim(), Number.isInteger(number) ? BigInt(number) : number];
  const words = `${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown} has more digits than a formula can calculate with`;
  throw new Failure("", "#NUM!", `${words}: it would become ${rounded}.`);
}

/** Returns the number that a text is, and throws for one that JavaScript would round where it counts.
 * @param {string} text */
export function exactly(text) {
  const number = native(text);
  if (Math.abs(number) >= COUNTS_FROM && losesDigits(text, number)) refuseRounding(text, number);
  return number;
}

/** Returns a value that is calculated with: JavaScript takes spaces for 0, and rounds long numbers. @param {any} value */
export function calculable(value) {
  if (typeof value !== "string") return value;
  if (value.length > ALWAYS_KEPT) exactly(value);
  return value !== "" && value.trim() === "" ? NaN : value;
}

/** Returns -1, 0 or 1 for two numbers, or texts that are numbers, by all of their digits.
 * @param {string | number} one @param {string | number} other */
export function compareNumbers(one, other) {
  const [left, right] = [native(one), native(other)];
  if (left !== right) return left < right ? -1 : 1;
  if (String(one).length <= ALWAYS_KEPT && String(other).length <= ALWAYS_KEPT) return 0;
  const [first, second] = [decimalOf(String(one)), decimalOf(String(other))];
  if (first.digits === second.digits && (first.point === second.point || !first.digits)) return 0;
  const isSmaller = first.point === second.point ? first.digits < second.digits : first.point < second.point;
  return isSmaller === first.isNegative ? 1 : -1;
}

/** @param {string} text @param {RegExp} pattern of the part that is read */
function checkStart(text, pattern) {
  const [start] = pattern.exec(text) ?? [""];
  if (start.length > ALWAYS_KEPT) exactly(start);
}

/** Refuses to read 1 of 1,000. @param {any} text */
function checkCommas(text) {
  if (typeof text !== "string" || !WITH_COMMA.test(text)) return;
  const words = `Of “${text.trim().slice(0, 40)}”, only what stands before a comma would be read.`;
  throw new Failure(
    "",
    "#VALUE!",
    `${words} VALUE reads thousands, NUMBERVALUE a decimal comma; or split the text first.`,
  );
}

/** Puts functions that refuse to round in the place of JavaScript's. */
export function checkNumbers() {
  const { parseFloat: float, parseInt: integer } = globalThis;
  /** @param {any[]} values */
  function CheckedNumber(...values) {
    const value = values[0];
    if (typeof value === "bigint" && BigInt(native(value)) !== value) refuseRounding(String(value), native(value));
    const given = values.length ? calculable(value) : 0;
    return new.target ? Reflect.construct(native, [given], new.target) : native(given);
  }
  Object.defineProperties(CheckedNumber, Object.getOwnPropertyDescriptors(native));
  Object.defineProperty(native.prototype, "constructor", { value: CheckedNumber, configurable: true, writable: true });
  const checked = {
    Number: CheckedNumber,
    parseFloat(/** @type {any} */ text) {
      checkCommas(text);
      checkStart(String(text), /^\s*[-+]?\d*\.?\d*(e[-+]?\d+)?/i);
      return float(text);
    },
    parseInt(/** @type {any} */ text, /** @type {any} */ radix) {
      const isDecimal = !radix || native(radix) === 10;
      if (isDecimal && typeof text === "number" && Number.isFinite(text)) return Math.trunc(text) + 0;
      if (isDecimal && typeof text === "string" && WITH_EXPONENT.test(text)) return Math.trunc(exactly(text)) + 0;
      if (isDecimal) checkCommas(text);
      if (isDecimal) checkStart(String(text), /^\s*[-+]?\d*/);
      return integer(text, radix);
    },
  };
  Object.assign(globalThis, checked);
  Object.assign(CheckedNumber, { parseFloat: checked.parseFloat, parseInt: checked.parseInt });
  checkJson();
}

/** Numbers of JSON that would be rounded become text, as in cells. */
function checkJson() {
  const { parse } = JSON;
  const PARTS = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:e[-+]?\d+)?/gi;
  const written = (/** @type {string} */ part) =>
    part[0] !== '"' && Math.abs(native(part)) >= COUNTS_FROM && losesDigits(part, native(part)) ? `"${part}"` : part;
  JSON.parse = (/** @type {any} */ json, /** @type {any} */ revive) => {
    const text = String(json);
    return parse(/\d{16}/.test(text) ? text.replace(PARTS, written) : text, revive);
  };
}

/** JavaScript's Math, but for numbers that are text. */
export const math = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(Math)).map(([name, property]) => [name, checkedMath(property)]),
  ),
);

/** @param {PropertyDescriptor} property */
function checkedMath(property) {
  const { value } = property;
  if (typeof value !== "function") return property;
  return { ...property, value: (/** @type {any[]} */ ...values) => value(...values.map(calculable)) };
}
