/** Functions that count or add what meets a criterion: with wildcards, and with numbers that are text. */

import { amountOf } from "./amounts.js";
import { isNumeric, losesDigits, native } from "./digits.js";

/** @param {any} range @returns {any[]} */
const listOf = (range) => (Array.isArray(range) ? range.flat(Infinity) : [range]);

/** @param {any} value */
const isShort = (value) => isNumeric(value) && !losesDigits(value, native(value));

/** Each by itself: one that is no number doesn't make texts of the others. @param {any} range */
const numbersOf = (range) =>
  listOf(range).map((item) =>
    isNumeric(item) ? Number(item) : typeof item === "string" ? (amountOf(item) ?? item) : item,
  );

/** Those that are too long to calculate with stay texts where texts are looked for. @param {any} range @param {any} criterion */
const comparable = (range, criterion) =>
  typeof criterion === "number" || /^[<>]?=?\s*[-+.\d]/.test(criterion)
    ? numbersOf(range)
    : listOf(range).map((item) => (isShort(item) ? Number(item) : item));

/** Returns the pattern that `a*`, `?b` and `~*` stand for. @param {string} criterion */
function patternOf(criterion) {
  const written = criterion.replace(/~([*?~])|([*?])|[.+^${}()|[\]\\/]/g, (sign, kept, wild) => {
    if (wild) return wild === "*" ? ".*" : ".";
    return `\\${kept ?? sign}`;
  });
  return new RegExp(`^${written}$`, "is");
}

/** Returns a range and a criterion for Formula.js, which knows no wildcards: with them, 1 for what matches.
 * @param {any} range @param {any} criterion @returns {[any[], any]} */
function pair(range, criterion) {
  if (isNumeric(criterion) && !isShort(criterion))
    return [listOf(range).map((item) => Number(String(item) === criterion.trim())), 1];
  if (typeof criterion !== "string" || criterion === "*" || !/[*?]/.test(criterion))
    return [comparable(range, criterion), criterion];
  const isNot = criterion.startsWith("<>");
  const pattern = patternOf(criterion.replace(/^(<>|=)/, ""));
  return [listOf(range).map((item) => Number(pattern.test(String(item ?? "")) !== isNot)), 1];
}

/** @param {Function} calculate */
const ofOne =
  (calculate) =>
  (/** @type {any} */ range, /** @type {any} */ criterion, /** @type {any} */ added = range) =>
    calculate(...pair(range, criterion), numbersOf(added));

/** @param {Function} calculate @param {number} before how many ranges stand before the pairs */
const ofSeveral =
  (calculate, before) =>
  (/** @type {any[]} */ ...given) => {
    const pairs = given.slice(before).flatMap((range, at, all) => (at % 2 ? [] : pair(range, all[at + 1])));
    return calculate(...given.slice(0, before).map(numbersOf), ...pairs);
  };

/** @param {Record<string, Function>} formulajs */
export const criteria = (formulajs) => ({
  COUNTIF: (/** @type {any} */ range, /** @type {any} */ criterion) => formulajs.COUNTIF(...pair(range, criterion)),
  ...Object.fromEntries(["SUMIF", "AVERAGEIF"].map((name) => [name, ofOne(formulajs[name])])),
  ...Object.fromEntries(
    ["SUMIFS", "AVERAGEIFS", "MAXIFS", "MINIFS"].map((name) => [name, ofSeveral(formulajs[name], 1)]),
  ),
  COUNTIFS: ofSeveral(formulajs.COUNTIFS, 0),
});
