/** Functions that count or cut characters, as people see them: an emoji, a flag or a letter with its accents is one. */

import { native } from "./digits.js";
import { Failure } from "./failures.js";

/** What goes with the sign before it: marks, joiners, skin tones, and signs that are joined. */
const JOINED = "(?:\\p{M}|\\u200d|\\p{Emoji_Modifier}|[\\u{e0020}-\\u{e007f}]|(?<=\\u200d)\\p{Extended_Pictographic})*";
const KOREAN = "[\\u1100-\\u115f]+[\\u1160-\\u11a7]*[\\u11a8-\\u11ff]*";
/** A line break, a flag, a Korean syllable, or a sign with what is joined to it. */
const CHARACTER = new RegExp(`\\r\\n|\\p{RI}\\p{RI}|${KOREAN}|.${JOINED}`, "gsu");
const PLAIN = /^[\x20-\u02ff]*$/;

/** @param {any} value */
const textOf = (value) => (value === undefined || value === null ? "" : String(value));

/** Returns the characters of a text: a text itself where each of them is one unit of it. @param {string} text @returns {string | string[]} */
const charactersOf = (text) => (PLAIN.test(text) ? text : (text.match(CHARACTER) ?? []));

/** @param {string | string[]} characters @param {number} [start] @param {number} [end] */
function cut(characters, start, end) {
  const found = characters.slice(start, end);
  return typeof found === "string" ? found : found.join("");
}

/** @param {string} name @param {any} value @param {number} least */
function countOf(name, value, least) {
  const count = Math.trunc(Number(value ?? 0));
  if (!(count >= least)) throw new Failure(name, "#VALUE!");
  return count;
}

/** @param {any} text */
function LEN(text) {
  if (Array.isArray(text)) throw new Failure("LEN", "#VALUE!");
  return charactersOf(textOf(text)).length;
}

/** @param {any} text @param {any} [count] */
const LEFT = (text, count = 1) => cut(charactersOf(textOf(text)), 0, countOf("LEFT", count, 0));

/** @param {any} text @param {any} [count] */
function RIGHT(text, count = 1) {
  const characters = charactersOf(textOf(text));
  return cut(characters, Math.max(characters.length - countOf("RIGHT", count, 0), 0));
}

/** @param {any} text @param {any} start @param {any} count */
function MID(text, start, count) {
  const begin = countOf("MID", start, 1) - 1;
  return cut(charactersOf(textOf(text)), begin, begin + countOf("MID", count, 0));
}

/** @param {any} text @param {any} start @param {any} count @param {any} instead */
function REPLACE(text, start, count, instead) {
  const characters = charactersOf(textOf(text));
  const begin = countOf("REPLACE", start, 1) - 1;
  const after = cut(characters, begin + countOf("REPLACE", count, 0));
  return cut(characters, 0, begin) + textOf(instead) + after;
}

/** Returns the place of a part, counted in characters from 1. @param {string} name @param {string} part
 * @param {string} text @param {any} start */
function placeOf(name, part, text, start) {
  const before = cut(charactersOf(text), 0, countOf(name, start, 1) - 1);
  const at = text.indexOf(part, before.length);
  if (at < 0) throw new Failure(name, "#VALUE!");
  return charactersOf(text.slice(0, at)).length + 1;
}

/** @param {any} part @param {any} text @param {any} [start] */
const FIND = (part, text, start = 1) => placeOf("FIND", textOf(part), textOf(text), start);

/** @param {any} part @param {any} text @param {any} [start] */
const SEARCH = (part, text, start = 1) =>
  placeOf("SEARCH", textOf(part).toLowerCase(), textOf(text).toLowerCase(), start);

/** @param {string} name */
const codeOf = (name) => (/** @type {any} */ text) => {
  const code = textOf(text).codePointAt(0);
  if (code === undefined) throw new Failure(name, "#VALUE!");
  return code;
};

/** @param {string} name */
const characterOf = (name) => (/** @type {any} */ code) => {
  const number = native(code);
  const isCharacter = number >= 1 && number <= 0x10ffff && !(number >= 0xd800 && number <= 0xdfff);
  if (!isCharacter) throw new Failure(name, "#VALUE!");
  return String.fromCodePoint(Math.trunc(number));
};

/** @param {any} text @param {any} times */
const REPT = (text, times) => textOf(text).repeat(countOf("REPT", times, 0));

export const CHARACTERS = {
  LEN,
  LEFT,
  RIGHT,
  MID,
  REPLACE,
  FIND,
  SEARCH,
  CODE: codeOf("CODE"),
  UNICODE: codeOf("UNICODE"),
  CHAR: characterOf("CHAR"),
  UNICHAR: characterOf("UNICHAR"),
  REPT,
};
