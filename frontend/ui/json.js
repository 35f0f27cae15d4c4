/** JSON without a loss of digits: an integer that a number can't hold is a BigInt, here and when it is written again. */

const MANY_DIGITS = /\d{16}/; // a reviver is slow, and few texts need one
const INTEGER = /^-?\d+$/;

/** @param {string} text @returns {any} Throws SyntaxError. */
export function parseJson(text) {
  return MANY_DIGITS.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

/** Parses an object or a list. @param {string} text @returns {object | undefined} undefined if it is not JSON, or only a single value */
export function parseHolder(text) {
  try {
    const value = parseJson(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Names what a value is, as JSON does. @param {unknown} value */
export const kindOf = (value) => (typeof value === "bigint" ? "number" : typeof value);

/** @param {string} _key @param {unknown} value @param {{ source?: string }} [context] of a value that is no object */
function exact(_key, value, context) {
  const source = context?.source ?? "";
  return typeof value === "number" && !Number.isSafeInteger(value) && INTEGER.test(source) ? BigInt(source) : value;
}

Object.defineProperty(BigInt.prototype, "toJSON", {
  value() {
    return /** @type {any} */ (JSON).rawJSON(String(this));
  },
});
