/** What numbers and objects become as text: never digits that a number hasn't, or the word NaN. */

import { Failure, NoNumber } from "./failures.js";

export const SHOWN_ROUNDED = 1e16; // whole numbers from here on have an exponent, so that they don't look exact
const { toString: tag } = Object.prototype;

/** Returns what is written of a value that is joined to text. @param {any} value @returns {any} */
export function written(value) {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== "number") return value;
  if (!Number.isFinite(value)) throw new NoNumber(value);
  const size = Math.abs(value);
  if (size <= Number.MAX_SAFE_INTEGER || size >= 1e21) return value;
  if (size < SHOWN_ROUNDED) throw manyDigits(value);
  return value.toExponential();
}

/** Returns the failure of a whole number that is too long to be exact. @param {number} value */
export function manyDigits(value) {
  const words = `The result, about ${value.toPrecision(15)}, has more digits than a formula can calculate with.`;
  return new Failure("", "#NUM!", words);
}

/** Returns a value of which toString( ), toLocaleString( ) or join( ) is called; throws where that would write something
 * else than it is. @param {any} value */
export function textual(value) {
  if (typeof value === "function")
    throw new Failure("", "#VALUE!", "A function isn't text. Call it with ( ) to use its result.");
  if (typeof value === "object" && value !== null && value.toString === tag)
    throw new Failure("", "#VALUE!", "An object isn't text. Choose a field of it, or use JSON.stringify.");
  if (Array.isArray(value)) written(value);
  return typeof value === "number" ? written(value) : value;
}
