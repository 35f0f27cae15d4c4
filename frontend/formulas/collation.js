/** The order of texts in a language, as spreadsheets have it: a, B, é, Z. QuickJS has no Intl. */

import { compareNumbers, isNumeric } from "./digits.js";

const SIGNS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";
/** Letters that no decomposition leads to their base. @type {Record<string, string>} */
const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ł: "l", ı: "i", þ: "th" };
const MARKS = /\p{M}/gu;
const NUMBER = /\d+/g;

/** @param {string} text */
const isPlain = (text) => /^[\x20-\x7e]*$/.test(text);

/** @param {string} text in lower case, decomposed */
const base = (text) =>
  isPlain(text) ? text : text.replace(MARKS, "").replace(/[ßæœøđłıþ]/g, (letter) => LETTERS[letter]);

/** @param {string} letter */
function rank(letter) {
  const place = SIGNS.indexOf(letter);
  if (place >= 0) return place;
  return /[\p{L}\p{N}]/u.test(letter) ? 1000 + /** @type {number} */ (letter.codePointAt(0)) : SIGNS.length;
}

/** @param {string} one @param {string} other */
function byRank(one, other) {
  const [letters, others] = [[...one], [...other]];
  for (let at = 0; at < letters.length && at < others.length; at += 1) {
    const difference = letters[at] === others[at] ? 0 : rank(letters[at]) - rank(others[at]);
    if (difference) return Math.sign(difference);
  }
  return Math.sign(letters.length - others.length);
}

/** Small letters come before capitals. @param {string} one @param {string} other */
function byCase(one, other) {
  for (let at = 0; at < one.length && at < other.length; at += 1) {
    if (one[at] !== other[at]) return one[at] === one[at].toLowerCase() ? -1 : 1;
  }
  return Math.sign(one.length - other.length);
}

/** @param {string} one @param {string} other */
const byCode = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** @param {string} text */
const decomposed = (text) => (isPlain(text) ? text : text.normalize("NFD"));

/** Numbers inside texts count as numbers. @param {string} text @param {number} longest digits */
const padded = (text, longest) => text.replace(NUMBER, (digits) => digits.padStart(longest, "0"));

/** Returns -1, 0 or 1: first by letters, then by accents, then by capitals.
 * @param {string} one @param {string} other @param {{sensitivity?: string, numeric?: boolean}} [options] */
export function collate(one, other, { sensitivity = "variant", numeric = false } = {}) {
  if (one === other) return 0;
  let [left, right] = [decomposed(one), decomposed(other)];
  if (numeric) {
    const longest = Math.max(...(left + right).split(/\D+/).map((digits) => digits.length));
    [left, right] = [padded(left, longest), padded(right, longest)];
  }
  const [small, smaller] = [left.toLowerCase(), right.toLowerCase()];
  const byLetters = byRank(base(small), base(smaller));
  if (byLetters || sensitivity === "base") return byLetters;
  const byAccents = sensitivity === "case" ? 0 : byCode(small, smaller);
  return byAccents || sensitivity === "accent" ? byAccents : byCase(left, right);
}

/** Orders texts of a list: numbers by size and first, then the others by language.
 * @param {string} one @param {string} other */
function byText(one, other) {
  const [isNumber, isOtherNumber] = [isNumeric(one), isNumeric(other)];
  if (isNumber && isOtherNumber) return compareNumbers(one, other);
  return isNumber === isOtherNumber ? collate(one, other) : isNumber ? -1 : 1;
}

/** Orders a list that is sorted without a function: texts by language, numbers by size. @param {any} one @param {any} other */
function byKind(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === "string" && typeof other === "string") return byText(one, other);
  return byCode(String(one), String(other));
}

/** The functions that sort as those of lodash do, with texts by language. @param {any} lodash */
export function sortingOf({ orderBy, map, isArray, isFunction, iteratee, flatten }) {
  /** @param {any} collection @param {any} [by] @param {any} [orders] */
  function ordered(collection, by, orders) {
    const criteria = by === undefined || by === null ? [undefined] : isArray(by) ? by : [by];
    const keysOf = criteria.map((/** @type {any} */ one) => (isFunction(one) ? one : iteratee(one)));
    const items = map(collection, (/** @type {any} */ item) => ({
      item,
      keys: keysOf.map((/** @type {any} */ key) => key(item)),
    }));
    const ranks = keysOf.map((/** @type {any} */ _key, /** @type {number} */ at) =>
      ranksOf(items.map((/** @type {any} */ { keys }) => keys[at])),
    );
    const ways = keysOf.map((/** @type {any} */ _key, /** @type {number} */ at) => (/** @type {any} */ { keys }) => {
      return ranks[at].get(keys[at]) ?? keys[at];
    });
    return orderBy(items, ways, orders).map((/** @type {any} */ { item }) => item);
  }
  return {
    orderBy: (/** @type {any} */ collection, /** @type {any} */ by, /** @type {any} */ orders) =>
      ordered(collection, by, orders),
    sortBy: (/** @type {any} */ collection, /** @type {any[]} */ ...by) =>
      ordered(collection, by.length ? flatten(by) : undefined),
  };
}

/** Returns the places of texts in their order; nothing where other values are among them. @param {any[]} keys */
function ranksOf(keys) {
  const texts = keys.filter((key) => key !== undefined && key !== null);
  if (!texts.every((key) => typeof key === "string")) return new Map();
  return new Map([...new Set(texts)].sort(byText).map((text, at) => [text, at]));
}

/** Makes the methods that sort texts sort them by language. */
export function sortByLanguage() {
  const { sort, toSorted } = /** @type {any} */ (Array.prototype);
  const methods = {
    /** @this {any[]} @param {any} [compare] */
    sort(compare = byKind) {
      return sort.call(this, compare);
    },
    /** @this {any[]} @param {any} [compare] */
    toSorted(compare = byKind) {
      return toSorted.call(this, compare);
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Array.prototype, name, { value, writable: true, configurable: true });
  }
  Object.defineProperty(String.prototype, "localeCompare", {
    /** @this {string} @param {any} other @param {any} [_locales] @param {any} [options] */
    value(other, _locales, options) {
      return collate(String(this), String(other), options);
    },
    writable: true,
    configurable: true,
  });
}
