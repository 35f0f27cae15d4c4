/** What JavaScript and lodash would do without a word: texts of objects, JSON of nothing, and texts that aren't added up. */

import { amountOf } from "./amounts.js";
import { calculable, compareNumbers, isNumeric } from "./digits.js";
import { Failure } from "./failures.js";
import { figure } from "./operators.js";
import { rounded } from "./rounding.js";

const OF_NUMBERS = ["toNumber", "toFinite", "toInteger", "round", "floor", "ceil", "subtract", "multiply", "divide"];

const MOST_PLACES = 15; // digits behind the point that are rounded by what is seen of a number

/** Refuses to write an object as “[object Object]”. */
export function refuseText() {
  const { toString: tag } = Object.prototype;
  Object.defineProperty(Object.prototype, Symbol.toPrimitive, {
    /** @this {any} @param {string} hint */
    value(hint) {
      const [first, second] = hint === "string" ? [this.toString, this.valueOf] : [this.valueOf, this.toString];
      for (const method of [first, second]) {
        if (method === tag)
          throw new Failure(
            "",
            "#VALUE!",
            "An object isn't text or a number. Choose a field of it, or use JSON.stringify.",
          );
        const value = typeof method === "function" ? method.call(this) : this;
        if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
      }
      throw new TypeError("An object isn't text or a number.");
    },
    writable: true,
    configurable: true,
  });
}

/** Lets results hold what JSON writes as {}. */
export function addJson() {
  /** @param {any} prototype @param {(value: any) => any} write */
  const add = (prototype, write) =>
    Object.defineProperty(prototype, "toJSON", {
      /** @this {any} */
      value() {
        return write(this);
      },
      writable: true,
      configurable: true,
    });
  const list = (/** @type {Iterable<any>} */ value) => [...value];
  add(Set.prototype, list);
  add(Map.prototype, fieldsOf);
  add(Object.getPrototypeOf(Uint8Array.prototype), list);
  add(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), list);
}

/** @param {Map<any, any>} map */
function fieldsOf(map) {
  if ([...map.keys()].some((key) => typeof key === "object" && key !== null))
    throw new Failure("", "", "The result contains a Map with objects as keys, which a cell can't hold.");
  return Object.fromEntries(map);
}

/** Lets toFixed round like ROUND: JavaScript writes 1.00 for 1.005. */
export function roundHalves() {
  const { toFixed: write, valueOf: numberOf } = Number.prototype;
  Object.defineProperty(Number.prototype, "toFixed", {
    /** @this {any} @param {any} places */
    value(places) {
      const number = numberOf.call(this);
      const count = Math.trunc(Number(places ?? 0));
      return write.call(count >= 0 && count <= MOST_PLACES ? rounded(number, count) : number, places);
    },
    writable: true,
    configurable: true,
  });
}

/** @param {any} value */
function asNumber(value) {
  if (typeof value !== "string") return value;
  return isNumeric(value) ? Number(calculable(value)) : (amountOf(value) ?? value);
}

/** Lets lodash calculate with numbers that are text, as `*` does: it would join them, or compare them by letters.
 * @param {any} lodash */
export function calculateWithTexts(lodash) {
  const { add, sum, sumBy, mean, meanBy, iteratee } = lodash;
  const checked = (/** @type {string} */ name) => {
    const calculate = lodash[name];
    return [name, (/** @type {any[]} */ ...values) => calculate(...values.map(calculable))];
  };
  const numbers = (/** @type {any} */ list) => (lodash.isArray(list) ? list.map(asNumber) : list);
  const by = (/** @type {any} */ given) => {
    const read = iteratee(given);
    return (/** @type {any} */ item) => asNumber(read(item));
  };
  /** @param {string} name @param {-1 | 1} side */
  const extreme = (name, side) => (/** @type {any} */ list, /** @type {any} */ given) => {
    const read = iteratee(given);
    const items = lodash.isArray(list) ? list.filter((/** @type {any} */ item) => (read(item) ?? "") !== "") : [];
    if (
      !items.length ||
      !items.every((/** @type {any} */ item) => typeof read(item) === "number" || isNumeric(read(item)))
    )
      return extremes[name](list, given);
    const found = items.reduce((/** @type {any} */ best, /** @type {any} */ item) =>
      compareNumbers(read(item), read(best)) === side ? item : best,
    );
    return isNumeric(found) ? figure(found) : found;
  };
  /** @type {Record<string, any>} */
  const extremes = { max: lodash.max, min: lodash.min, maxBy: lodash.maxBy, minBy: lodash.minBy };
  lodash.mixin(
    {
      ...Object.fromEntries(OF_NUMBERS.map(checked)),
      add: (/** @type {any} */ one, /** @type {any} */ other) => add(asNumber(one), asNumber(other)),
      sum: (/** @type {any} */ list) => sum(numbers(list)),
      mean: (/** @type {any} */ list) => mean(numbers(list)),
      sumBy: (/** @type {any} */ list, /** @type {any} */ given) => sumBy(list, by(given)),
      meanBy: (/** @type {any} */ list, /** @type {any} */ given) => meanBy(list, by(given)),
      max: extreme("max", 1),
      min: extreme("min", -1),
      maxBy: extreme("maxBy", 1),
      minBy: extreme("minBy", -1),
    },
    { chain: false },
  );
}
