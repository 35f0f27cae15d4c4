/** Evaluates one compiled formula for rows. The bundle's value is `start(formula, isCondition, lodash, formulajs)`. */

import moment from "moment";

import { Clay } from "./clay.js";
import { sortByLanguage, sortingOf } from "./collation.js";
import { checkDates, checkedMoment, wrongDate } from "./dates.js";
import { checkNumbers } from "./digits.js";
import { EmptyReference, Failure, MissingDate, NoNumber, TextNumber } from "./failures.js";
import { freezeAll } from "./freeze.js";
import { addLocales } from "./locale.js";
import { addJson, calculateWithTexts, refuseText, roundHalves } from "./natives.js";
import * as operators from "./operators.js";
import { spreadsheetFunctions } from "./spreadsheet.js";
import { URL, URLSearchParams } from "./url.js";
import { manyDigits, SHOWN_ROUNDED } from "./written.js";

const LARGEST = 2 ** 20; // bytes of a result
const SLICE = 100; // milliseconds after which finished rows are returned
const ENOUGH = 4 * LARGEST; // characters, likewise
const DEEPEST = 100; // levels of a result that are checked
const NOT_A_NUMBER = "The result contains something that is not a number.";
const PLAIN = [Object.prototype, Array.prototype, Number.prototype, String.prototype, Boolean.prototype, null];
const { parse, stringify } = JSON;
const { now } = Date;

let uniqueIds = 0; // made by _.uniqueId in this row

/** Provides what formulas use. Of a library that the formula has no word of, nothing is given.
 * @param {any} lodash @param {any} formulajs */
function provide(lodash, formulajs) {
  sortByLanguage();
  if (lodash) settleLodash(lodash);
  addLocales(moment);
  addJson();
  settleMoment();
  checkDates();
  checkNumbers();
  refuseText();
  roundHalves();
  const checked = checkedMoment(moment);
  for (const [name, value] of Object.entries(formulajs ? spreadsheetFunctions(formulajs, checked) : {})) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value });
  }
  Object.assign(globalThis, { moment: checked, Clay, URL, URLSearchParams });
  // Code made at run time could leave variables for other rows; shared memory could block forever.
  for (const name of ["eval", "Atomics", "SharedArrayBuffer", "queueMicrotask"])
    Reflect.deleteProperty(globalThis, name);
  freezeAll([moment, moment.localeData(), operators, EmptyReference, Failure, MissingDate]);
}

/** @param {any} lodash */
function settleLodash(lodash) {
  lodash.mixin({
    uniqueId(prefix = "") {
      uniqueIds += 1;
      return `${prefix}${uniqueIds}`;
    },
  });
  lodash.mixin(sortingOf(lodash));
  calculateWithTexts(lodash);
  Object.assign(globalThis, { _: lodash });
}

/** Fixes the settings of moment, which cannot be frozen from outside, and computes now what it would compute lazily. */
function settleMoment() {
  const refuse = () => {
    throw new TypeError("A formula can't change moment's settings");
  };
  const locale = /** @type {any} */ (moment.localeData());
  moment.locale = /** @type {any} */ (() => "en");
  for (const name of ["defineLocale", "updateLocale", "relativeTimeThreshold", "relativeTimeRounding"]) {
    /** @type {any} */ (moment)[name] = refuse;
  }
  for (const strict of [true, false]) {
    for (const format of ["MMMM", "MMM"])
      locale.monthsParse("December", format, strict) ?? locale.monthsParse("Dec", format, strict);
    for (const format of ["dddd", "ddd", "dd"]) locale.weekdaysParse("none", format, strict);
    for (const name of ["months", "monthsShort", "weekdays", "weekdaysShort", "weekdaysMin"])
      locale[`${name}Regex`](strict);
    for (const name of ["erasName", "erasAbbr", "erasNarrow"]) locale[`${name}Regex`](strict);
  }
  for (const token of ["l", "ll", "lll", "llll", "LT", "LTS", "L", "LL", "LLL", "LLLL"]) locale.longDateFormat(token);
}

/** @param {string} text */
function bytes(text) {
  if (text.length * 3 <= LARGEST) return text.length;
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3;
  }
  return count;
}

/** @param {string} message */
const failure = (message) => `[2,${stringify(message)}]`;

/** Writes the outcome of a row as JSON: [0, value], [1] for nothing, [2, error], [3, slot of the empty reference],
 * [6, slot of the text, sum, kind of the text] for a number added to text. Where two texts of numbers were joined, what
 * became of them follows: [0, value, slot of one of them, sum].
 * @param {any} result @param {any[]} row @param {boolean} isCondition @param {() => import("./operators.js").Join | null} lastJoin */
function outcome(result, row, isCondition, lastJoin) {
  if (result === undefined) return "[1]";
  if (isCondition && typeof result === "number") return `[0,${Boolean(result)}]`;
  if (typeof result === "number" && !Number.isFinite(result)) {
    if (!Number.isNaN(result)) return failure("The result is larger than any number (it may divide by zero).");
    const slot = row.indexOf(undefined);
    return slot < 0 ? failure(noNumber(row)) : `[3,${slot}]`;
  }
  if (typeof result === "function") return failure("The result is a function. Call it with ( ).");
  if (typeof result === "symbol") return failure("The result is a symbol, which a cell can't hold.");
  if (result instanceof Error) return failure(described(result));
  if (result instanceof Promise) return failure("A formula can't wait for a result (async, Promise).");
  const isObject = typeof result === "object";
  const value = isObject && typeof result?.next === "function" ? [...result] : result; // an iterator
  const wrong = isObject || typeof value === "number" ? wrongInside(value) : null;
  if (wrong) return failed(wrong, row);
  const json = typeof value === "number" && Math.abs(value) >= SHOWN_ROUNDED ? value.toExponential() : stringify(value);
  if (json === undefined) return "[1]";
  if (bytes(json) > LARGEST) return failure("The result is larger than 1 MiB.");
  const joined = lastJoin(); // an iterator adds only when it is read
  return joined ? `[0,${json},${joined.slot},${stringify(joined.sum)}]` : `[0,${json}]`;
}

/** Says that a result is not a number, and what to do about texts of the row that may be why. @param {any[]} row */
function noNumber(row) {
  const texts = row.filter((value) => typeof value === "string" && !operators.isNumeric(value));
  if (texts.some((text) => /^\d{4}-\d\d-\d\d/.test(text)))
    return 'The result is not a number. Calculate with dates by DAYS(end, start) or moment(…).add(1, "days").';
  const amount = texts.find((text) => operators.amountOf(text) !== undefined);
  const words = `VALUE( ) makes a number of “${amount?.slice(0, 40)}”.`;
  return `The result is not a number.${amount === undefined ? "" : ` ${words}`}`;
}

/** Returns what JSON could not say of a value: a failure, a date that is none or a number that is none.
 * @param {any} value @param {number} depth @returns {Error | null} */
function wrongInside(value, depth = 0) {
  if (typeof value === "number") return wrongNumber(value, depth);
  if (typeof value === "function" || typeof value === "symbol") return unstorable(`a ${typeof value}`);
  if (typeof value !== "object" || value === null || depth > DEEPEST) return null;
  if (value instanceof Error) return value;
  if (value instanceof Date || moment.isMoment(value)) return wrongDate(value);
  if (typeof value.toJSON === "function") return depth ? null : wrongInside(value.toJSON(), 1);
  if (!Object.keys(value).length && (!PLAIN.includes(Object.getPrototypeOf(value)) || Symbol.toStringTag in value))
    return unstorable(`an object of the kind ${value.constructor?.name || "unknown"}`);
  for (const item of Object.values(value)) {
    const wrong = wrongInside(item, depth + 1);
    if (wrong) return wrong;
  }
  return null;
}

/** @param {number} value @param {number} depth */
function wrongNumber(value, depth) {
  if (!Number.isFinite(value)) return new Failure("", "", NOT_A_NUMBER);
  const size = Math.abs(value);
  if (size <= Number.MAX_SAFE_INTEGER || size >= (depth ? 1e21 : SHOWN_ROUNDED)) return null;
  return manyDigits(value);
}

/** @param {string} what */
const unstorable = (what) => new Failure("", "", `The result contains ${what}, which a cell can't hold.`);

/** @param {any} error */
function described(error) {
  const message = String(error?.message ?? error).slice(0, 300);
  if (/^circular reference/i.test(message)) return "The result contains itself, without an end.";
  return message ? message[0].toUpperCase() + message.slice(1) : "The formula failed.";
}

const OVER_NOTHING = /of (undefined|null)|not (a function|iterable|an object)|Invalid URL|convert undefined|JSON/;

/** @param {any} error @param {any[]} row */
function failed(error, row) {
  if (error instanceof EmptyReference) return `[3,${error.slot}]`;
  if (error instanceof TextNumber) return `[6,${error.slot},${stringify(error.sum)},"${error.kind}"]`;
  const message = described(error);
  if (message.startsWith("Out of memory")) throw error;
  const slot = row.indexOf(undefined);
  if (error instanceof NoNumber && !error.isOver && slot >= 0) return `[3,${slot}]`;
  if (error instanceof MissingDate) {
    return slot >= 0 && slot === row.lastIndexOf(undefined) ? `[3,${slot}]` : failure(message);
  }
  const isOverNothing = (error instanceof TypeError || error instanceof SyntaxError) && OVER_NOTHING.test(message);
  return slot >= 0 && isOverNothing ? `[3,${slot}]` : failure(message);
}

/** @param {any} value */
const filled = (value) => (value === null || value === "" ? undefined : value);

/** @param {Function} formula takes the operators, gives the function of a row @param {boolean} isCondition
 * @param {any} lodash @param {any} formulajs */
function start(formula, isCondition, lodash, formulajs) {
  provide(lodash, formulajs);
  /** What was joined in this row. @type {import("./operators.js").Join | null} */
  let joined = null;
  const sum = operators.sumNoting((join) => {
    joined = join;
  });
  const evaluate = formula(Object.freeze({ ...operators, sum: Object.freeze(sum) }));
  /** @type {any[][]} */
  let rows = [];
  let position = 0;
  /** @type {string[]} */
  let done = [];

  /** @param {any[]} raw */
  function one(raw) {
    uniqueIds = 0;
    joined = null;
    const row = raw.map(filled);
    try {
      return outcome(evaluate(...row), row, isCondition, () => joined);
    } catch (error) {
      return failed(error, row);
    }
  }

  function collect() {
    // Joined, not concatenated: the binding cannot read long texts that the engine keeps in pieces.
    const text = ["[", done.join(","), "]"].join("");
    done = [];
    return text;
  }

  /** `rows` sets the rows, `step` works on them for a while, `skip` continues after the row that broke off,
   * `collect` returns what is done, `position` the index of the next row.
   * @param {string} order @param {any} argument */
  return (order, argument) => {
    if (order === "rows") {
      rows = parse(argument);
      position = 0;
    } else if (order === "skip") {
      position += 1;
    } else if (order === "step") {
      const end = Math.min(rows.length, position + argument);
      const until = now() + SLICE;
      let size = 0;
      while (position < end) {
        const text = one(rows[position]);
        done.push(text);
        position += 1;
        size += text.length;
        if (size > ENOUGH || now() > until) break;
      }
      return collect();
    }
    return order === "collect" ? collect() : position;
  };
}

export default start;
