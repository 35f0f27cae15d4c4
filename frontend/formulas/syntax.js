/** Explains why a formula is not valid JavaScript, and offers the edit that fixes it. */

import { tokTypes } from "acorn";

import { FormulaParser, OPTIONS } from "./words.js";

/** @typedef {{start: number, end: number, text: string, label: string}} Edit */
/** @typedef {{message: string, start: number, end: number, edit?: Edit, unknown?: string, isCalled?: boolean}} Problem */
/** @typedef {{text: string, message: string, pos: number, start: number, end: number, type: any, token: string, mark: string}} Place */

const CLOSING = /** @type {Record<string, string>} */ ({ "(": ")", "[": "]", "{": "}", "${": "}" });
const DOUBLE = "“”„‟«»＂";
const SINGLE = "‘’‚‛‹›＇`´";
/** @type {Record<string, string>} */
const SIGNS = {
  "，": ",",
  "；": ",",
  "：": ":",
  "（": "(",
  "）": ")",
  "［": "[",
  "］": "]",
  "＝": "==",
  "！": "!",
  "？": "?",
  "＋": "+",
  "－": "-",
  "−": "-",
  "–": "-",
  "—": "-",
  "×": "*",
  "÷": "/",
  "＊": "*",
  "／": "/",
  "＜": "<",
  "＞": ">",
  "≥": ">=",
  "≤": "<=",
  "≠": "!=",
  "…": "...",
  "｜": "|",
  "＆": "&",
  "％": "%",
  "．": ".",
  "\u200b": "",
  "\u200c": "",
  "\u200d": "",
  "\u2060": "",
  "\u00ad": "",
  "\u200e": "",
  "\u200f": "",
};
const STATEMENTS = /^(const|let|var|if|for|while|do|switch|try|throw|return|break|continue|debugger|with)$/;

/** @param {string} message @param {number} start @param {number} end @param {string} [text] @param {string} [label]
 * @returns {Problem} */
function replace(message, start, end, text, label) {
  return text === undefined
    ? { message, start, end }
    : { message, start, end, edit: { start, end, text, label: label ?? `Use ${text}` } };
}

/** @param {Place} at */
function nested({ pos, message }) {
  return /stack space/.test(message) ? replace("The formula is nested too deeply.", pos, pos + 1) : null;
}

/** @param {Place} at */
function oddCharacter({ text, pos, message }) {
  const sign = String.fromCodePoint(text.codePointAt(pos) ?? 32);
  if (!/Unexpected character/.test(message) && !(sign in SIGNS)) return null;
  if (DOUBLE.includes(sign) || SINGLE.includes(sign))
    return curlyQuote(text, pos, DOUBLE.includes(sign) ? DOUBLE : SINGLE);
  const hash = sign === "#" ? pos : pos - 1;
  if (text[hash] === "#") return replace("“#” isn't allowed here.", hash, hash + 1, "", "Remove #");
  if (!(sign in SIGNS)) return replace(`“${sign}” isn't allowed in a formula.`, pos, pos + sign.length);
  if (!SIGNS[sign]) return replace("There is an invisible character here.", pos, pos + 1, "", "Remove it");
  return replace(`Use ${SIGNS[sign]} instead of “${sign}”.`, pos, pos + 1, SIGNS[sign]);
}

/** @param {string} text @param {number} pos @param {string} quotes */
function curlyQuote(text, pos, quotes) {
  const straight = quotes === DOUBLE ? '"' : "'";
  const message = "Put text in straight quotes.";
  const inner = new RegExp(`^[^${quotes}${straight}\n]*`).exec(text.slice(pos + 1))?.[0] ?? "";
  const end = pos + 1 + inner.length;
  if (end >= text.length || text[end] === "\n") return replace(message, pos, pos + 1, straight, "Use straight quotes");
  return replace(message, pos, end + 1, straight + inner + straight, "Use straight quotes");
}

/** @param {Place} at */
function unfinished({ text, pos, message }) {
  const line = (text.indexOf("\n", pos) + 1 || text.length + 1) - 1;
  if (/^Unterminated string/.test(message)) return closed("This text has no closing quote.", pos, line, text[pos]);
  if (/^Unterminated template/.test(message)) {
    const start = Math.max(text.lastIndexOf("`", pos), 0);
    return closed("This text has no closing backtick.", start, text.length, "`");
  }
  if (!/^Unterminated regular/.test(message)) return null;
  return replace("This “/” opens a search pattern that is never closed. A column is {{its name}}.", pos - 1, pos);
}

/** @param {string} message @param {number} start @param {number} at @param {string} quote @returns {Problem} */
function closed(message, start, at, quote) {
  return { message, start, end: start + 1, edit: { start: at, end: at, text: quote, label: "Close it" } };
}

/** @param {Place} at */
function number({ text, pos, message }) {
  const zeros = /^0+(?=\d)/.exec(text.slice(pos));
  if (!zeros || !/number|octal/i.test(message)) return null;
  const digits = /^\d+/.exec(text.slice(pos))?.[0] ?? "";
  const withoutZeros = digits.slice(zeros[0].length);
  return replace(
    "A number can't start with zeros. If it is a code, put it in quotes.",
    pos,
    pos + digits.length,
    withoutZeros,
  );
}

/** @param {Place} at */
function single({ start, end, type, message }) {
  if (type !== tokTypes.eq || !/^(Assigning to|Unexpected token|Text after|Parenthesized|Optional)/.test(message))
    return null;
  if (start === 0) return null;
  return replace("“=” doesn't compare values. Use ==.", start, end, "==");
}

/** @param {Place} at */
function beginning({ text, start, end, type, token }) {
  if (text.slice(0, start).trim() !== "") return null;
  if (type === tokTypes.eq) return replace("A formula doesn't start with “=”.", start, end, "", "Remove =");
  if (token !== "return") return null;
  return replace("A formula doesn't need “return”. Its value is the result.", start, end, "", "Remove return");
}

/** @param {Place} at */
function semicolon({ text, start, end, type }) {
  if (type !== tokTypes.semi) return null;
  if (/^[;\s]*$/.test(text.slice(start))) {
    return replace("A formula doesn't end with “;”.", start, text.length, "", "Remove ;");
  }
  if (unclosed(text.slice(0, start)).length) return replace("Separate values with a comma.", start, end, ",");
  return replace("A formula is one expression, without “;”. Put each step in its own column.", start, end);
}

/** @param {Place} at */
function statement({ start, end, token }) {
  if (!STATEMENTS.test(token)) return null;
  const hint = token === "if" ? " Use IF(test, yes, no) or test ? yes : no." : "";
  return replace(`A formula is one expression, so “${token}” isn't allowed.${hint}`, start, end);
}

/** @param {Place} at */
function ending({ text, type }) {
  if (type !== tokTypes.eof) return null;
  const open = unclosed(text);
  if (!open.length) return replace("The formula ends too early.", text.length, text.length);
  const missing = open
    .map(({ sign }) => CLOSING[sign])
    .reverse()
    .join("");
  const end = text.length;
  const last = open[open.length - 1];
  return {
    message: "This bracket is never closed.",
    start: last.start,
    end: last.start + last.sign.length,
    edit: { start: end, end, text: missing, label: `Add ${missing}` },
  };
}

/** @param {Place} at */
function afterExpression({ start, end, type, token, message, mark }) {
  if (message !== "Text after the expression") return null;
  if (token in { ")": 1, "]": 1, "}": 1 })
    return replace(`“${token}” has no opening bracket.`, start, end, "", `Remove ${token}`);
  const isValue = type === tokTypes.string || type === tokTypes.num || token.startsWith(mark);
  const words = "Something is missing between the two values, such as + or a comma.";
  if (!isValue) return replace(`“${token}” isn't expected here.`, start, end);
  const at = token.startsWith(mark) ? start - 1 : start;
  return { message: words, start, end, edit: { start: at, end: at, text: " + ", label: "Join them with +" } };
}

/** @param {Place} at */
function anything({ start, end, token, message, pos, text }) {
  if (/^Unexpected token|^Text after/.test(message) && token)
    return replace(`“${token}” isn't expected here.`, start, end);
  const plain = message
    .replace(/ \(\d+:\d+\)$/, "")
    .replaceAll("'", "“")
    .replace(/“([^“]*)“/g, "“$1”");
  return replace(`${plain}.`, pos, Math.min(pos + 1, text.length));
}

/** Returns the brackets that are still open at the end of a text. @param {string} text @returns {{sign: string, start: number}[]} */
function unclosed(text) {
  /** @type {{sign: string, start: number}[]} */
  const open = [];
  try {
    for (const token of FormulaParser.tokenizer(text, OPTIONS)) {
      const sign = text.slice(token.start, token.end);
      if (sign in CLOSING && token.type.beforeExpr) open.push({ sign, start: token.start });
      else if (/^[)\]}]$/.test(sign)) open.pop();
    }
  } catch {
    return open;
  }
  return open;
}

/** @param {Place} at */
function range({ text, start }) {
  const [first] = /[A-Z]{1,3}\d+$/.exec(text.slice(0, start)) ?? [];
  const [rest] = /^:[A-Z]{1,3}\d+/.exec(text.slice(start)) ?? [];
  if (!first || !rest) return null;
  const message = "Cells are named by their column, and a formula sees only its own row.";
  return replace(message, start - first.length, start + rest.length);
}

const RULES = [
  range,
  nested,
  oddCharacter,
  unfinished,
  number,
  beginning,
  single,
  semicolon,
  statement,
  ending,
  afterExpression,
  anything,
];

/** Describes a syntax error. @param {any} error what the parser threw @param {string} text @param {string} mark @returns {Problem} */
export function diagnose(error, text, mark) {
  const at = {
    text,
    mark,
    message: error.message,
    pos: error.pos,
    start: error.tokenStart,
    end: error.tokenEnd,
    type: error.tokenType,
    token: text.slice(error.tokenStart, error.tokenEnd),
  };
  for (const rule of RULES) {
    const problem = rule(at);
    if (problem) return problem;
  }
  return { message: error.message, start: error.pos, end: error.pos };
}
