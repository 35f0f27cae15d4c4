/** toLocaleString in American English, which QuickJS lacks: grouped numbers, currencies, percentages and dates. */

import { Failure } from "./failures.js";
import { fixed, shifted } from "./rounding.js";

/** @type {Record<string, string>} */
const SIGNS = {
  USD: "$",
  EUR: "€",
  GBP: "£",
  JPY: "¥",
  INR: "₹",
  CNY: "CN¥",
  KRW: "₩",
  CAD: "CA$",
  AUD: "A$",
  BRL: "R$",
};

/** @param {string} digits */
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** @param {number} value @param {any} options */
function formatted(value, options) {
  const money = options.style === "currency";
  const whole = options.style === "percent" || options.currency === "JPY" || options.currency === "KRW";
  const least = options.minimumFractionDigits ?? (money && !whole ? 2 : 0);
  const most = Math.max(options.maximumFractionDigits ?? (money ? least : whole ? 0 : 3), least);
  const size = Math.abs(options.style === "percent" ? shifted(value, 2) : value);
  if (!Number.isFinite(size)) return Number.isNaN(size) ? "NaN" : "∞";
  const [digits, fraction = ""] = (size < 1e21 ? fixed(size, most) : String(size)).split(".");
  const decimals = fraction.replace(new RegExp(`0{0,${most - least}}$`), "");
  const number = (options.useGrouping === false ? digits : grouped(digits)) + (decimals && `.${decimals}`);
  const sign = value < 0 && /[1-9]/.test(number) ? "-" : "";
  if (money) return `${sign}${SIGNS[options.currency] ?? `${options.currency} `}${number}`;
  return sign + number + (options.style === "percent" ? "%" : "");
}

/** @param {any} moment @param {Date} date @param {any} options @param {string} fallback */
function dateText(moment, date, options, fallback) {
  if (Number.isNaN(date.getTime())) return "Invalid Date";
  const at = moment(date);
  const pattern = datePattern(options);
  const time = timePattern(options);
  return at.format([pattern, time].filter(Boolean).join(", ") || fallback);
}

/** @param {any} options */
function datePattern({ weekday, year, month, day, dateStyle }) {
  const styles = { full: "dddd, MMMM D, YYYY", long: "MMMM D, YYYY", medium: "MMM D, YYYY", short: "M/D/YY" };
  if (dateStyle) return styles[/** @type {"full"} */ (dateStyle)];
  const words = { long: "MMMM", short: "MMM", narrow: "MMM", "2-digit": "MM", numeric: "M" };
  const parts = {
    month: month && words[/** @type {"long"} */ (month)],
    day: day && (day === "2-digit" ? "DD" : "D"),
    year: year && (year === "2-digit" ? "YY" : "YYYY"),
  };
  const date =
    month && words[/** @type {"long"} */ (month)].length > 2
      ? [[parts.month, parts.day].filter(Boolean).join(" "), parts.year].filter(Boolean).join(day ? ", " : " ")
      : [parts.month, parts.day, parts.year].filter(Boolean).join("/");
  return [weekday && (weekday === "long" ? "dddd" : "ddd"), date].filter(Boolean).join(", ");
}

/** @param {any} options */
function timePattern({ hour, minute, second, hour12, timeStyle }) {
  if (timeStyle) return timeStyle === "short" ? "h:mm A" : "h:mm:ss A";
  const clock = [hour && (hour12 === false ? "HH" : "h"), minute && "mm", second && "ss"].filter(Boolean).join(":");
  return clock && clock + (hour && hour12 !== false ? " A" : "");
}

/** Throws for what would be written the American way, or in UTC, although something else is asked for.
 * @param {any} locales @param {any} options @param {RegExp} known */
function checkAsked(locales, options, known) {
  const locale = [locales].flat()[0];
  if (locale !== undefined && !known.test(locale))
    throw new Failure("", "#VALUE!", `A formula can't write as “${locale}” does. It knows en-US only.`);
  const { timeZone = "UTC" } = options;
  if (!/^(etc\/)?(utc|gmt)$/i.test(timeZone))
    throw new Failure("", "#VALUE!", `A formula knows no time zone “${timeZone}”. Its times are in UTC.`);
}

const AMERICAN = /^en(-US)?$/i;
const ENGLISH = /^en(-(US|GB|AU|CA|NZ|IE))?$/i;

/** @param {any} moment */
export function addLocales(moment) {
  /** @param {object} prototype @param {Record<string, Function>} methods */
  const extend = (prototype, methods) => {
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
    }
  };
  extend(Number.prototype, {
    /** @this {number} @param {any} locales @param {any} options */
    toLocaleString(locales, options = {}) {
      checkAsked(locales, options, ENGLISH);
      return formatted(Number(this), options);
    },
  });
  extend(BigInt.prototype, {
    /** @this {bigint} */
    toLocaleString() {
      return String(this).replace(/\d+/, grouped);
    },
    /** @this {bigint} */
    toJSON() {
      return String(this);
    },
  });
  extend(Date.prototype, {
    /** @this {Date} @param {any} locales @param {any} options */
    toLocaleString(locales, options = {}) {
      checkAsked(locales, options, AMERICAN);
      return dateText(moment, this, options, "M/D/YYYY, h:mm:ss A");
    },
    /** @this {Date} @param {any} locales @param {any} options */
    toLocaleDateString(locales, options = {}) {
      checkAsked(locales, options, AMERICAN);
      return dateText(moment, this, options, "M/D/YYYY");
    },
    /** @this {Date} @param {any} locales @param {any} options */
    toLocaleTimeString(locales, options = {}) {
      checkAsked(locales, options, AMERICAN);
      return dateText(moment, this, options, "h:mm:ss A");
    },
  });
}
