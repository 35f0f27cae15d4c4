/** Dates that nobody makes up: nothing is no date, and a date that countries read differently is refused. */

import { Failure, MissingDate } from "./failures.js";

const NativeDate = Date;
const BY_COUNTRY = /^\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{2}|\d{4})(?!\d)(?![/.-]\d)(.*)$/s;
const WORDS =
  /^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|mon(day)?|tue(s(day)?)?|wed(nesday)?|thu(rs(day)?)?|fri(day)?|sat(urday)?|sun(day)?|am|pm|utc|gmt|z|t|[ecmp][sd]t)$/i;

/** Says whether there is nothing that could be a date. @param {any} value */
export function isNothing(value) {
  if (value === undefined || value === null || typeof value === "boolean") return true;
  if (typeof value === "string") return value.trim() === "";
  if (Array.isArray(value)) return value.length === 0;
  return Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0;
}

const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const ISO = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/;
const DAY_OF_MONTH = new RegExp(
  `(?<!\\d)(\\d{1,2})[\\s-]+(${MONTHS})|(${MONTHS})[a-z]*\\.?[\\s-]+(\\d{1,2})(?![\\d:])`,
  "i",
);

/** Says whether a month has this day: JavaScript takes 30 February for 1 March.
 * @param {number} year @param {number} month @param {number} day */
function hasDay(year, month, day) {
  return day >= 1 && day <= new NativeDate(NativeDate.UTC(year, month, 0)).getUTCDate();
}

/** Says whether the day that a text writes out is one of its month. @param {string} text */
function writesDay(text) {
  const [, year, month, day] = ISO.exec(text) ?? [];
  if (year) return hasDay(Number(year), Number(month), Number(day));
  const [, before, name, otherName, after] = DAY_OF_MONTH.exec(text) ?? [];
  if (!(before ?? after)) return true;
  const number = MONTHS.split("|").indexOf((name ?? otherName).toLowerCase()) + 1;
  return hasDay(Number(/\d{4}/.exec(text)?.[0] ?? 2000), number, Number(before ?? after));
}

/** Returns a text as JavaScript reads it as a date, without choosing between day and month for its author.
 * @param {string} text */
function readable(text) {
  const [, first, sign, second, year, rest] = BY_COUNTRY.exec(text) ?? [];
  const plain = text.replace(/(\d)(st|nd|rd|th)\b/i, "$1").replace(/\s*\([^)]*\)\s*$/, "");
  if (!first) return hasOnlyDateWords(plain) && writesDay(plain) ? plain : "";
  const isDayFirst = sign === "." || Number(first) > 12;
  if (year.length === 2) throw unclear(text, "doesn't write its year in full", "DD/MM/YY");
  if (!isDayFirst && Number(second) <= 12 && Number(first) !== Number(second))
    throw unclear(text, "is another day in Europe than in America", "DD/MM/YYYY");
  const [day, month] = isDayFirst ? [first, second] : [second, first];
  const isDay = Number(month) <= 12 && hasDay(Number(year), Number(month), Number(day));
  return isDay ? `${month}/${day}/${year}${rest}` : "";
}

/** @param {string} text @param {string} why @param {string} pattern */
function unclear(text, why, pattern) {
  const words = `“${text.trim().slice(0, 40)}” ${why}. Say how it is written, such as moment(…, "${pattern}").`;
  return new Failure("", "#VALUE!", words);
}

/** “Founded in 2024” is no date, although JavaScript finds one. @param {string} text */
function hasOnlyDateWords(text) {
  const words = text.replace(/(\d)[TZ](?![a-z])/gi, "$1 ").match(/\p{L}+/gu) ?? [];
  return /\d{4}/.test(text) && words.every((word) => WORDS.test(word));
}

/** JavaScript's Date, but for what it would guess. @param {any[]} values */
export function CheckedDate(...values) {
  if (!new.target) {
    if (values.length) throw new TypeError("Date(…) is the present time. Write new Date(…) to read a date.");
    return new NativeDate().toString();
  }
  const [only] = values;
  if (values.length !== 1) return Reflect.construct(NativeDate, values, new.target);
  if (isNothing(only)) return Reflect.construct(NativeDate, [NaN], new.target);
  return Reflect.construct(NativeDate, [typeof only === "string" ? readable(only) : only], new.target);
}

/** Puts the checked Date in the place of JavaScript's. */
export function checkDates() {
  const { now, UTC } = NativeDate;
  const parse = (/** @type {any} */ text) => new Date(String(text)).getTime();
  CheckedDate.prototype = NativeDate.prototype;
  Object.defineProperty(Object.assign(CheckedDate, { now, UTC, parse }), "name", { value: "Date" });
  Object.defineProperty(NativeDate.prototype, "constructor", {
    value: CheckedDate,
    configurable: true,
    writable: true,
  });
  globalThis.Date = /** @type {any} */ (CheckedDate);
  const names = ["toString", "toDateString", "toTimeString", "toUTCString"];
  refuseInvalid(
    NativeDate.prototype,
    [...names, "toLocaleString", "toLocaleDateString", "toLocaleTimeString"],
    (date) => (Number.isNaN(date.getTime()) ? new MissingDate() : null),
  );
}

/** Makes methods that would write “Invalid date” throw instead. @param {any} prototype @param {string[]} names
 * @param {(date: any) => Error | null} wrong */
function refuseInvalid(prototype, names, wrong) {
  for (const name of names) {
    const method = prototype[name];
    /** @this {any} @param {any[]} values */
    function value(...values) {
      const error = wrong(this);
      if (error) throw error;
      const text = method.apply(this, values);
      if (text === "Invalid date") throw new MissingDate(); // from or to something that is no date
      return text;
    }
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** @param {any} input */
function invalid(input) {
  if (isNothing(input) || typeof input !== "string") return new MissingDate();
  return new Failure("", "#VALUE!", `“${String(input).slice(0, 40)}” is not a valid date.`);
}

/** Says why a moment or Date is no date; null for one that is. @param {any} date */
export function wrongDate(date) {
  if (date instanceof NativeDate) return Number.isNaN(date.getTime()) ? new MissingDate() : null;
  return date.isValid() ? null : invalid(date._i);
}

const TAKES_DATE = [
  "from",
  "to",
  "diff",
  "isBefore",
  "isAfter",
  "isSame",
  "isSameOrBefore",
  "isSameOrAfter",
  "min",
  "max",
];
const WRITES_DATE = ["format", "from", "to", "fromNow", "toNow", "calendar", "toISOString", "toString"];

/** Returns moment with nothing as an invalid date, instead of the present. @param {any} moment */
export function checkedMoment(moment) {
  moment.createFromInputFallback = (/** @type {any} */ config) => {
    config._d = new Date(String(config._i));
  };
  /** @param {any} make */
  const checked =
    (make) =>
    (/** @type {any[]} */ ...values) =>
      values.length && isNothing(values[0]) ? moment.invalid() : make(...values);
  const safe = Object.assign(checked(moment), moment);
  for (const name of ["utc", "parseZone", "unix"]) safe[name] = checked(moment[name]);
  safe.duration = Object.assign(
    (/** @type {any[]} */ ...values) => moment.duration(...(values.length && isNothing(values[0]) ? [NaN] : values)),
    moment.duration,
  );
  safe.prototype = moment.prototype;
  checkMethods(moment);
  return safe;
}

/** @param {any} moment */
function checkMethods(moment) {
  const given = (/** @type {any} */ value) => (isNothing(value) ? moment.invalid() : value);
  for (const name of TAKES_DATE) {
    const method = moment.fn[name];
    moment.fn[name] = function (/** @type {any[]} */ ...values) {
      return method.apply(this, values.length ? [given(values[0]), ...values.slice(1)] : values);
    };
  }
  const { isBetween, add, subtract } = moment.fn;
  moment.fn.isBetween = function (/** @type {any[]} */ start, /** @type {any} */ end, /** @type {any[]} */ ...rest) {
    return isBetween.call(this, given(start), given(end), ...rest);
  };
  for (const [name, method] of [
    ["add", add],
    ["subtract", subtract],
  ]) {
    moment.fn[name] = function (/** @type {any[]} */ ...values) {
      return isNothing(values[0]) ? moment.invalid() : method.apply(this, values);
    };
  }
  refuseInvalid(moment.fn, WRITES_DATE, wrongDate);
  refuseInvalid(moment.duration.fn, ["humanize", "toISOString"], (duration) =>
    duration.isValid() ? null : new MissingDate(),
  );
}
