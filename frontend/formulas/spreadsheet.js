/** The functions of spreadsheets: Formula.js, but for what would be silently wrong, and what it lacks. */

import { amountOf, unreadable } from "./amounts.js";
import { criteria } from "./criteria.js";
import { isNothing } from "./dates.js";
import { exactly, isNumeric, native } from "./digits.js";
import { Failure, MissingDate, settled } from "./failures.js";
import { lookups } from "./lookups.js";
import { formatNumber } from "./number-format.js";
import { contains, isEmpty, isFalseText } from "./operators.js";
import { rounded } from "./rounding.js";
import { TEXTS } from "./texts.js";
import { written } from "./written.js";

/** How many of their first values are dates or parts of one. */
const DATES = {
  DATEDIF: 2,
  DAY: 1,
  DAYS: 2,
  DAYS360: 2,
  EDATE: 1,
  EOMONTH: 1,
  ISOWEEKNUM: 1,
  MONTH: 1,
  NETWORKDAYS: 2,
};
const MORE_DATES = { WEEKDAY: 1, WEEKNUM: 1, WORKDAY: 1, YEAR: 1, YEARFRAC: 2 };
const NEEDED = { DATE: 3, TIME: 3, TIMEVALUE: 1, HOUR: 1, MINUTE: 1, SECOND: 1, EDATE: 2, EOMONTH: 2, WORKDAY: 2 };

/** What leaves out text of its values, although a number in an uploaded file is text. */
const NUMERIC = `
  AVERAGE SUM MAX MIN MEDIAN PRODUCT SUMSQ GEOMEAN HARMEAN LARGE SMALL MODE MODESNGL RANK RANKEQ RANKAVG
  PERCENTILE PERCENTILEINC PERCENTILEEXC QUARTILE QUARTILEINC QUARTILEEXC STDEV STDEVS STDEVP VAR VARS VARP SUMPRODUCT
`;

/** The function that spreadsheets mean by a name that Formula.js has only with a part behind it. */
const MEANT = {
  CONFIDENCE: "NORM",
  MODE: "SNGL",
  PERCENTILE: "INC",
  PERCENTRANK: "INC",
  QUARTILE: "INC",
  RANK: "EQ",
  STDEV: "S",
  VAR: "S",
};

/** @param {Record<string, any>} formulajs @returns {Record<string, any>} */
function withMeant(formulajs) {
  const added = Object.entries(MEANT).map(([name, part]) => {
    const { [name]: parts } = formulajs;
    return [name, Object.assign((/** @type {any[]} */ ...values) => parts[part](...values), parts)];
  });
  return { ...formulajs, ...Object.fromEntries(added) };
}

/** Returns the number that a text shows. Other words count as nothing, as in spreadsheets, but not what only looks like
 * a number: 1.234,5. @param {any} value @param {string} name @returns {any} */
function asNumber(value, name) {
  if (Array.isArray(value)) return value.map((item) => asNumber(item, name));
  if (typeof value !== "string") return value;
  const amount = isNumeric(value) ? exactly(value) : amountOf(value);
  return amount ?? (/^[-+$€£¥(\s]*\d/.test(value) ? unreadable(name, value) : value);
}

/** Returns the number that a value is, nothing as 0. @param {any} value @param {string} name */
function numberOf(value, name) {
  const number = native(asNumber(value ?? 0, name));
  if (Number.isNaN(number)) throw new Failure(name, "#VALUE!");
  return number;
}

/** Returns the function, and those below its name, with numbers for text. @param {any} calculate @param {string} name
 * @returns {any} */
const ofNumbers = (calculate, name) =>
  Object.assign(
    (/** @type {any[]} */ ...values) => calculate(...values.map((value) => asNumber(value, name))),
    Object.fromEntries(Object.entries(calculate).map(([part, below]) => [part, ofNumbers(below, `${name}.${part}`)])),
  );

/** How many numbers there are, however long they are. @param {any[]} values */
const COUNT = (...values) =>
  values.flat(Infinity).filter((value) => typeof value === "number" || isNumeric(value)).length;

/** @param {any} value */
function asDate(value) {
  if (typeof value !== "string" || isNumeric(value)) return value;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new Failure("", "#VALUE!", `“${value.slice(0, 40)}” is not a valid date.`);
  return date;
}

const LOGICAL = ["AND", "NOT", "OR", "XOR"];

/** Uploaded cells hold TRUE and FALSE as text. @param {any} value @returns {any} */
function asTruth(value) {
  if (Array.isArray(value)) return value.map(asTruth);
  if (isFalseText(value)) return false;
  return typeof value === "string" && value.trim().toLowerCase() === "true" ? true : value;
}

const JOINING = ["CONCATENATE", "CONCAT", "TEXTJOIN"];

const ROUNDING = { ROUND: Math.round, ROUNDUP: Math.ceil, ROUNDDOWN: Math.floor };

/** Rounds to whole numbers where no places are given, as Google Sheets does.
 * @param {string} name @param {(size: number) => number} way */
const rounding =
  (name, way) =>
  (/** @type {any} */ given, places = 0) =>
    rounded(numberOf(given, name), Math.trunc(native(places)), way);

/** @param {string} name @param {number} rest of a division by two */
const parity = (name, rest) => (/** @type {any} */ given) => Math.abs(Math.trunc(numberOf(given, name)) % 2) === rest;

/** The rest has the sign of the divisor. @param {any} given @param {any} by */
function MOD(given, by) {
  const [number, divisor] = [numberOf(given, "MOD"), numberOf(by, "MOD")];
  if (divisor === 0) throw new Failure("MOD", "#DIV/0!");
  const rest = number % divisor;
  return rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest;
}

/** @param {any} given @param {any} [decimals] @param {any} [withoutCommas] */
function FIXED(given, decimals = 2, withoutCommas = false) {
  const number = rounding("FIXED", Math.round)(given, decimals);
  const text = number.toFixed(Math.max(Math.trunc(Number(decimals)), 0));
  return withoutCommas ? text : text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
}

/** @param {any} moment */
const DATEDIF = (moment) => (/** @type {any} */ first, /** @type {any} */ second, /** @type {any} */ unit) => {
  const [start, end] = [moment(dayOf(first)), moment(dayOf(second))];
  if (end.isBefore(start)) throw new Failure("DATEDIF", "#NUM!", "DATEDIF: the start is after the end (#NUM!).");
  const months = (end.year() - start.year()) * 12 + end.month() - start.month() - (end.date() < start.date() ? 1 : 0);
  const years = Math.trunc(months / 12);
  const last = start.clone().add(months, "months");
  const kinds = { Y: years, M: months, D: end.diff(start, "days"), YM: months % 12, MD: end.diff(last, "days") };
  const found = { ...kinds, YD: end.diff(start.clone().add(years, "years"), "days") };
  const name = String(unit).trim().toUpperCase();
  if (!Object.hasOwn(found, name)) throw new Failure("DATEDIF", "#NUM!", `DATEDIF knows no unit “${unit}” (#NUM!).`);
  return /** @type {Record<string, number>} */ (found)[name];
};

/** Returns the midnight of a date, or of a spreadsheet's number of a day. @param {any} value */
function dayOf(value) {
  const date = typeof value === "number" ? new Date(DAY_ZERO + value * DAY) : new Date(value);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
}

const DAY = 86_400_000; // milliseconds
const DAY_ZERO = Date.UTC(1899, 11, 30); // of the numbers by which spreadsheets know days

/** Puts a time of day on a day, without which it can't be read. @param {any} value */
const asClock = (value) => (/^\s*\d{1,2}:\d{2}/.test(value) ? `1900-01-01 ${value}` : value);

/** @param {Function} make @param {number} dates @param {number} needed */
const ofDates =
  (make, dates, needed) =>
  (/** @type {any[]} */ ...given) => {
    const values = dates ? given : given.map(asClock);
    if (values.slice(0, needed).some(isNothing)) throw new MissingDate();
    return make(...values.map((value, at) => (at < dates ? asDate(value) : value)));
  };

/** @param {Record<string, any>} formulajs @param {any} text */
function dateValue(formulajs, text) {
  if (isNothing(text)) throw new MissingDate();
  return typeof text === "string" ? asDate(text) : formulajs.DATEVALUE(text);
}

/** A format with letters of dates is written by moment. @param {Record<string, any>} formulajs @param {any} moment */
const textOf = (formulajs, moment) => (/** @type {any} */ value, /** @type {any} */ format) => {
  const isOfDate = typeof format === "string" && /[dyh]|m{3}|m:s/i.test(format.replace(/"[^"]*"|\\.|general/gi, ""));
  const number = isNumeric(value) ? Number(value) : value;
  if (!isOfDate && typeof number === "number" && typeof format === "string") return formatNumber(number, format);
  if (!isOfDate) return typeof value === "string" ? value : formulajs.TEXT(value, format);
  if (isNothing(value)) throw new MissingDate();
  const date = typeof value === "number" ? new Date(DAY_ZERO + value * DAY) : asDate(value);
  return moment(date).format(asMoment(format));
};

/** Writes a spreadsheet's format of dates in the letters of moment. @param {string} format */
function asMoment(format) {
  const hasHalves = /AM\/PM/i.test(format);
  return format.replace(/"([^"]*)"|\\(.)|AM\/PM|y+|m+|d+|h+|s+/gi, (part, quoted, single, at) => {
    if (quoted !== undefined || single !== undefined) return `[${quoted ?? single}]`;
    if (/^am/i.test(part)) return "A";
    const sign = part[0].toLowerCase();
    if (sign === "h") return hasHalves ? part.toLowerCase() : part.toUpperCase();
    if (sign === "s") return part.toLowerCase();
    if (sign === "d") return part.length > 2 ? part.toLowerCase() : part.toUpperCase();
    const isMinutes = sign === "m" && part.length < 3 && /h[^a-z]*$/i.test(format.slice(0, at).replace(/"[^"]*"/g, ""));
    const isBeforeSeconds = sign === "m" && part.length < 3 && /^[^a-z]*s/i.test(format.slice(at + part.length));
    return isMinutes || isBeforeSeconds ? part.toLowerCase() : part.toUpperCase();
  });
}

/** @param {Record<string, any>} formulajs @param {any} moment */
function ours(formulajs, moment) {
  /** @type {Record<string, any>} */
  const given = { ...withMeant(formulajs), DATEDIF: DATEDIF(moment), ...TEXTS };
  const dates = /** @type {Record<string, number>} */ ({ ...DATES, ...MORE_DATES });
  const needed = /** @type {Record<string, number>} */ ({ ...dates, ...NEEDED });
  return {
    ...Object.fromEntries(
      Object.keys(needed).map((name) => [name, ofDates(given[name], dates[name] ?? 0, needed[name])]),
    ),
    ...Object.fromEntries(
      NUMERIC.trim()
        .split(/\s+/)
        .map((name) => [name, ofNumbers(given[name], name)]),
    ),
    ...Object.fromEntries(
      LOGICAL.map((name) => [name, (/** @type {any[]} */ ...values) => given[name](...values.map(asTruth))]),
    ),
    ...Object.fromEntries(["CONFIDENCE", "PERCENTRANK"].map((name) => [name, given[name]])),
    ...criteria(given),
    ...lookups(given),
    ...TEXTS,
    ...Object.fromEntries(
      JOINING.map((name) => [name, (/** @type {any[]} */ ...values) => given[name](...values.map(written))]),
    ),
    ...Object.fromEntries(Object.entries(ROUNDING).map(([name, way]) => [name, rounding(name, way)])),
    ISEVEN: parity("ISEVEN", 0),
    ISODD: parity("ISODD", 1),
    COUNT,
    MOD,
    FIXED,
    CONTAINS: contains,
    ISBLANK: (/** @type {any} */ value) => value === undefined || value === null || value === "",
    DATEVALUE: (/** @type {any} */ text) => dateValue(given, text),
    COUNTBLANK: (/** @type {any[]} */ ...values) => values.flat(Infinity).filter(isEmpty).length,
    TEXT: textOf(formulajs, moment),
  };
}

/** Returns the function, and those below its name, throwing what Formula.js returns as an error.
 * @param {string} name @param {any} value @returns {any} */
function throwing(name, value) {
  const made = typeof value === "function" ? (/** @type {any[]} */ ...values) => settled(name, value(...values)) : {};
  for (const [key, part] of Object.entries(value)) Object.assign(made, { [key]: throwing(`${name}.${key}`, part) });
  return made;
}

/** @param {Record<string, any>} formulajs @param {any} moment */
export function spreadsheetFunctions(formulajs, moment) {
  const { utils: _utils, ...functions } = formulajs;
  const given = Object.entries(functions).filter(([, value]) => value);
  for (const [name, value] of Object.entries(ours(formulajs, moment)))
    given.push([name, withParts(value, functions, name)]);
  return Object.fromEntries(given.map(([name, value]) => [name, throwing(name, value)]));
}

/** Keeps the functions below a name, such as NETWORKDAYS.INTL. @param {any} value @param {any} functions @param {string} name */
function withParts(value, functions, name) {
  for (const [key, part] of Object.entries(functions[name] ?? {})) if (!(key in value)) value[key] = part;
  return value;
}
