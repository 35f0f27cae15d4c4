/** Functions for text: those of Google Sheets and Clay that Formula.js lacks. */

import { amountOf, unreadable } from "./amounts.js";
import { CHARACTERS } from "./characters.js";
import { Failure } from "./failures.js";
import { isEmpty } from "./operators.js";
import { URL } from "./url.js";

/** @param {any} value */
const textOf = (value) => (value === undefined || value === null ? "" : String(value));

/** @param {string} name @param {any} pattern @param {string} flags */
function pattern(name, pattern, flags) {
  try {
    return new RegExp(textOf(pattern), flags);
  } catch {
    throw new Failure(name, "#VALUE!", `${name}: “${textOf(pattern).slice(0, 60)}” isn't a search pattern.`);
  }
}

/** @param {any} text */
const domainPattern = (text) => /^([\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}$/u.test(text);

/** The domain of an address or an e-mail address, without www. @param {any} value */
function DOMAIN(value) {
  if (isEmpty(value)) return undefined;
  const text = textOf(value).trim();
  const host = /^[^\s@/:]+@[^\s@/]+$/.test(text) ? text.slice(text.indexOf("@") + 1) : hostOf(text);
  const domain = host
    .toLowerCase()
    .replace(/^www\./, "")
    .replace(/\.$/, "");
  if (!domainPattern(domain)) throw new Failure("DOMAIN", "#VALUE!", `“${text.slice(0, 60)}” has no domain.`);
  return domain;
}

/** @param {string} text */
function hostOf(text) {
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text.replace(/^\/\//, "")}`).hostname;
  } catch {
    return "";
  }
}

/** The first value that isn't empty. @param {any[]} values */
const COALESCE = (...values) => values.find((value) => !isEmpty(value));

/** The part of a text that a pattern finds: its first group, or all of it. @param {any} text @param {any} search */
function REGEXEXTRACT(text, search) {
  const found = pattern("REGEXEXTRACT", search, "u").exec(textOf(text));
  if (!found) throw new Failure("REGEXEXTRACT", "#N/A");
  return found[1] ?? found[0];
}

/** @param {any} text @param {any} search */
const REGEXMATCH = (text, search) => pattern("REGEXMATCH", search, "u").test(textOf(text));

/** @param {any} text @param {any} search @param {any} instead */
const REGEXREPLACE = (text, search, instead) =>
  textOf(text).replace(pattern("REGEXREPLACE", search, "gu"), textOf(instead));

/** Each sign of the separator splits, as in Google Sheets, unless `byEach` is false.
 * @param {any} text @param {any} separator @param {any} [byEach] @param {any} [withoutEmpty] */
function SPLIT(text, separator, byEach = true, withoutEmpty = true) {
  const sign = textOf(separator);
  if (!sign) throw new Failure("SPLIT", "#VALUE!");
  const signs = byEach ? [...sign] : [sign];
  const parts = signs.reduce((found, one) => found.flatMap((part) => part.split(one)), [textOf(text)]);
  return withoutEmpty ? parts.filter((part) => part !== "") : parts;
}

/** @param {any} list @param {any} [separator] */
const JOIN = (list, separator = ",") =>
  Array.isArray(list) ? list.flat(Infinity).map(textOf).join(textOf(separator)) : joined(list, separator);

/** Google Sheets has the separator first. @param {any} separator @param {any} list */
const joined = (separator, list) =>
  (Array.isArray(list) ? list.flat(Infinity) : [list]).map(textOf).join(textOf(separator));

/** @param {string} name @param {any} text @param {any} separator @param {any} which counted from the end if negative */
function place(name, text, separator, which) {
  const [whole, sign, wanted] = [textOf(text), textOf(separator), Math.trunc(Number(which))];
  if (!sign || !wanted) throw new Failure(name, "#VALUE!");
  let at = wanted > 0 ? -1 : whole.length;
  for (let count = Math.abs(wanted); count > 0; count -= 1) {
    at =
      wanted > 0 ? whole.indexOf(sign, at < 0 ? 0 : at + sign.length) : at <= 0 ? -1 : whole.lastIndexOf(sign, at - 1);
    if (at < 0)
      throw new Failure(name, "#N/A", `${name} found no “${sign.slice(0, 40)}” in “${whole.slice(0, 60)}” (#N/A).`);
  }
  return at;
}

/** @param {any} text @param {any} separator @param {any} [which] */
const TEXTBEFORE = (text, separator, which = 1) => textOf(text).slice(0, place("TEXTBEFORE", text, separator, which));

/** @param {any} text @param {any} separator @param {any} [which] */
const TEXTAFTER = (text, separator, which = 1) =>
  textOf(text).slice(place("TEXTAFTER", text, separator, which) + textOf(separator).length);

/** @param {any} value */
const ISEMAIL = (value) => /^[^\s@,;<>()[\]"]+@([\p{L}\p{N}-]+\.)+\p{L}{2,}$/u.test(textOf(value).trim());

/** @param {any} value */
const ISURL = (value) => /^(https?:\/\/)?([\p{L}\p{N}_-]+\.)+\p{L}{2,}(:\d+)?([/?#]\S*)?$/iu.test(textOf(value).trim());

/** @param {any} value */
const ENCODEURL = (value) => encodeURIComponent(textOf(value));

/** The number that a text shows. @param {any} value */
function VALUE(value) {
  if (typeof value === "number") return value;
  if (isEmpty(value)) return 0;
  return amountOf(textOf(value)) ?? unreadable("VALUE", textOf(value));
}

/** A capital for each word: after hyphens, and after the first letter of O'Neil. @param {any} text */
const PROPER = (text) =>
  textOf(text)
    .toLowerCase()
    .replace(/\p{L}[\p{L}\p{M}]*(?:['’][\p{L}\p{M}]+)*/gu, (word) =>
      word.replace(/^\p{L}(['’]\p{L})?/u, (start) => start.toUpperCase()),
    );

/** @param {any} text */
const UPPER = (text) => textOf(text).toUpperCase();

/** @param {any} text */
const LOWER = (text) => textOf(text).toLowerCase();

export const TEXTS = {
  UPPER,
  LOWER,
  ...CHARACTERS,
  PROPER,
  VALUE,
  DOMAIN,
  COALESCE,
  REGEXEXTRACT,
  REGEXMATCH,
  REGEXREPLACE,
  SPLIT,
  JOIN,
  TEXTBEFORE,
  TEXTAFTER,
  ISEMAIL,
  ISURL,
  ENCODEURL,
};
