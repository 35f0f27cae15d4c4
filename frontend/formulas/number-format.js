/** Numbers as a spreadsheet's format writes them: `#,##0.00`, `00000`, `0.0%`, `$#,##0;($#,##0)`, `0.00E+00`. */

import { fixed, shifted } from "./rounding.js";

const PARTS = /"[^"]*"|\\.|_.|\*.|[^"\\_*]+/g;
const DIGITS = /[#0?][#0?,]*(\.[#0?]*)?(E[+-]0+)?|\.[#0?]+/i;

/** Splits at the signs outside quotes. @param {string} format */
function sections(format) {
  const found = [""];
  for (const part of format.match(PARTS) ?? []) {
    const [first, ...others] = /^["\\_*]/.test(part) ? [part] : part.split(";");
    found[found.length - 1] += first;
    found.push(...others);
  }
  return found;
}

/** @param {number} size at least 0 @param {string} pattern such as `#,##0.0#` */
function written(size, pattern) {
  const [, mantissa, exponent] = /^(.*?)(E[+-]0+)?$/i.exec(pattern) ?? [];
  if (exponent) return scientific(size, mantissa, exponent);
  const [whole, fraction = ""] = mantissa.split(".");
  const thousands = /,+$/.exec(whole)?.[0].length ?? 0;
  const [digits, decimals = ""] = fixed(shifted(size, -3 * thousands), Math.min(fraction.length, 20)).split(".");
  const least = fraction.replace(/[^0?]+$/, "").length;
  const shown = decimals.replace(new RegExp(`0{0,${decimals.length - least}}$`), "");
  const padded = (digits === "0" ? "" : digits).padStart(whole.replace(/[^0]/g, "").length, "0");
  const grouped = /[#0?],[#0?]/.test(whole) ? padded.replace(/\B(?=(\d{3})+(?!\d))/g, ",") : padded;
  return grouped + (shown ? `.${shown}` : "");
}

/** @param {number} size @param {string} mantissa @param {string} exponent */
function scientific(size, mantissa, exponent) {
  const [digits, power] = size.toExponential((mantissa.split(".")[1] ?? "").length).split("e");
  const least = exponent.length - 2;
  const sign = power[0] === "-" ? "-" : exponent[1] === "+" ? "+" : "";
  return `${digits}E${sign}${power.slice(1).padStart(least, "0")}`;
}

/** Writes the text around the digits. @param {string} text */
const literal = (text) => text.replace(PARTS, (part) => plain(part));

/** @param {string} part */
function plain(part) {
  if (part[0] === '"') return part.slice(1, -1);
  if (part[0] === "\\") return part.slice(1);
  return part[0] === "_" || part[0] === "*" ? "" : part.replace(/\[[^\]]*\]/g, "");
}

/** @param {number} value @param {string} format */
export function formatNumber(value, format) {
  if (/^general$/i.test(format.trim())) return String(value);
  const found = sections(format);
  const place = value < 0 && found.length > 1 ? 1 : value === 0 && found.length > 2 ? 2 : 0;
  const section = found[place];
  const unquoted = section.replace(/"[^"]*"|\\.|_.|\*./g, (part) => "\0".repeat(part.length));
  const digits = DIGITS.exec(unquoted);
  if (!digits) return literal(section);
  const percents = unquoted.split("%").length - 1;
  const text = written(shifted(Math.abs(value), 2 * percents), digits[0]);
  const sign = value < 0 && place === 0 && /[1-9]/.test(text) ? "-" : "";
  return (
    sign + literal(section.slice(0, digits.index)) + text + literal(section.slice(digits.index + digits[0].length))
  );
}
