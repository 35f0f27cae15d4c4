/** Extends acorn's JavaScript by the words of conditions: AND, OR, NOT, is empty, contains, is greater than, <>. */

import { Parser, tokTypes } from "acorn";

/** The words bind like comparisons, AND and OR like && and ||. */
const COMPARISON = 7;
const STRENGTH = { or: 1, and: 2 };
/** What each phrase means. @type {Record<string, string>} */
const PHRASES = {
  "is empty": "is empty",
  "is blank": "is empty",
  "is not empty": "is not empty",
  "is not blank": "is not empty",
  contains: "contains",
  "does not contain": "does not contain",
  "starts with": "starts with",
  "does not start with": "does not start with",
  "ends with": "ends with",
  "does not end with": "does not end with",
  "is one of": "is one of",
  "is any of": "is one of",
  "is not one of": "is not one of",
  equals: "==",
  is: "==",
  "is equal to": "==",
  "does not equal": "!=",
  "is not": "!=",
  "is not equal to": "!=",
  "is greater than": ">",
  "is more than": ">",
  "is less than": "<",
  "is greater than or equal to": ">=",
  "is at least": ">=",
  "is less than or equal to": "<=",
  "is at most": "<=",
};
const ENDING = ["is empty", "is not empty"];
const WORDS = new RegExp(
  `^(${[...Object.keys(PHRASES), "and", "or"]
    .sort((one, other) => other.length - one.length)
    .join("|")
    .replaceAll(" ", "\\s+")})(?![\\w$])`,
  "i",
);

/** @param {any} Base @returns {any} */
function withWords(Base) {
  return class extends Base {
    /** Returns the words after a value and their number of tokens; null if there are none. */
    wordsHere() {
      if (this.type !== tokTypes.name || this.containsEsc) return null;
      const rest = this.input.slice(this.start);
      const words = WORDS.exec(rest)?.[1];
      if (!words) return null;
      const phrase = words.replace(/\s+/g, " ").toLowerCase();
      return { word: PHRASES[phrase] ?? phrase, tokens: words.split(/\s+/).length };
    }

    /** `!` before a value negates the whole comparison in words. @param {any} left @returns {any} */
    parseExprOp(
      left,
      /** @type {number} */ start,
      /** @type {any} */ loc,
      /** @type {number} */ least,
      /** @type {any} */ forInit,
    ) {
      const words = this.wordsHere();
      if (!words) return super.parseExprOp(left, start, loc, least, forInit);
      const strength = STRENGTH[/** @type {"and"} */ (words.word)] ?? COMPARISON;
      if (strength <= least) return left;
      const node = this.startNodeAt(start, loc);
      for (let count = 0; count < words.tokens; count += 1) this.next();
      const isNegated = strength === COMPARISON && left.operator === "!" && left.start === start;
      let expression = this.afterWords(node, isNegated ? left.argument : left, words.word, strength, forInit);
      if (isNegated) expression = this.finishNode({ ...left, argument: expression }, "UnaryExpression");
      return this.parseExprOp(expression, start, loc, least, forInit);
    }

    /** @param {any} node @param {any} left @param {string} word @param {number} strength @param {any} forInit
     * @returns {any} */
    afterWords(node, left, word, strength, forInit) {
      Object.assign(node, { left, word });
      if (strength === COMPARISON) this.compared = left;
      if (ENDING.includes(word)) return this.finishNode(node, "WordExpression");
      const { start, startLoc } = this;
      const operand = this.repeated(strength) ?? this.parseMaybeUnary(null, false, false, forInit);
      node.right = this.parseExprOp(operand, start, startLoc, strength, forInit);
      if (strength === COMPARISON) return this.finishNode(node, "WordExpression");
      node.operator = word === "and" ? "&&" : "||";
      node.isWord = true;
      return this.finishNode(node, "LogicalExpression");
    }

    /** Returns what was compared last where a comparison begins without a left side: `X equals 1 OR equals 2`.
     * @param {number} strength */
    repeated(strength) {
      const words = strength < COMPARISON && this.compared ? this.wordsHere() : null;
      return words && !(words.word in STRENGTH) ? this.compared : null;
    }

    /** NOT negates the comparison after it; `NOT(…)` stays the function of that name unless words follow. */
    parseMaybeUnary(
      /** @type {any} */ errors,
      /** @type {any} */ sawUnary,
      /** @type {any} */ incDec,
      /** @type {any} */ forInit,
    ) {
      if (this.type !== tokTypes.name || !/^not$/i.test(this.value) || this.containsEsc || !this.operandFollows()) {
        return super.parseMaybeUnary(errors, sawUnary, incDec, forInit);
      }
      const node = this.startNode();
      this.next();
      const { start, startLoc } = this;
      const operand = this.parseMaybeUnary(null, false, false, forInit);
      node.argument = this.parseExprOp(operand, start, startLoc, STRENGTH.and, forInit);
      node.operator = "!";
      node.isWord = true;
      node.prefix = true;
      return this.finishNode(node, "UnaryExpression");
    }

    operandFollows() {
      return /^\s*[^\s.?:;,)\]}=&|<>*/%]/.test(this.input.slice(this.end));
    }

    /** `<>` is !=. @param {number} code */
    readToken_lt_gt(code) {
      if (code === 60 && this.input.charCodeAt(this.pos + 1) === 62) return this.finishOp(tokTypes.equality, 2);
      return super.readToken_lt_gt(code);
    }

    /** @param {number} pos @param {string} message */
    raise(pos, message) {
      const error = /** @type {any} */ (new SyntaxError(message));
      throw Object.assign(error, { pos, tokenStart: this.start, tokenEnd: this.end, tokenType: this.type });
    }

    raiseRecoverable(/** @type {number} */ pos, /** @type {string} */ message) {
      this.raise(pos, message);
    }
  };
}

/** @type {any} */
export const FormulaParser = Parser.extend(/** @type {any} */ (withWords));

export const OPTIONS = /** @type {const} */ ({ ecmaVersion: 2024, sourceType: "module" });

/** Parses one expression with nothing after it; throws an error with `pos`, `tokenStart` and `tokenEnd`.
 * @param {string} source @returns {any} */
export function parse(source) {
  const parser = new FormulaParser(OPTIONS, source);
  parser.nextToken();
  const tree = parser.parseExpression();
  if (parser.type !== tokTypes.eof) parser.raise(parser.start, "Text after the expression");
  return tree;
}
