/** Extends acorn's JavaScript by the words of run conditions: AND, OR, NOT, is empty, contains, <>. */

import { Parser, tokTypes } from "acorn";

/** The words bind like comparisons, AND and OR like && and ||. */
const COMPARISON = 7;
const STRENGTH = { or: 1, and: 2 };

/** @param {any} Base @returns {any} */
function withWords(Base) {
  return class extends Base {
    /** Returns the words after a value and their number of tokens; null if there are none. */
    wordsHere() {
      if (this.type !== tokTypes.name || this.containsEsc) return null;
      const rest = this.input.slice(this.start);
      const match = /^(is\s+not\s+empty|is\s+empty|does\s+not\s+contain|contains|and|or)(?![\w$])/i.exec(rest);
      if (!match) return null;
      return { word: match[1].replace(/\s+/g, " ").toLowerCase(), tokens: match[1].split(/\s+/).length };
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
      if (word === "is empty" || word === "is not empty") return this.finishNode(node, "WordExpression");
      const { start, startLoc } = this;
      node.right = this.parseExprOp(
        this.parseMaybeUnary(null, false, false, forInit),
        start,
        startLoc,
        strength,
        forInit,
      );
      if (strength === COMPARISON) return this.finishNode(node, "WordExpression");
      node.operator = word === "and" ? "&&" : "||";
      return this.finishNode(node, "LogicalExpression");
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
