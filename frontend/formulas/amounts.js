/** Numbers as people write them: with thousands, a currency, brackets for less than nothing, or in percent. */

import { exactly } from "./digits.js";
import { Failure } from "./failures.js";

const AMOUNT = /^([-+]?)\s*[$€£¥]?\s*([-+]?(?:\d{1,3}(?:[,\s]\d{3})+|\d+)?(?:\.\d+)?(?:e[-+]?\d+)?)\s*[$€£¥]?\s*(%?)$/i;

/** Returns the number that a text shows, or undefined. @param {string} given */
export function amountOf(given) {
  const text = given.trim();
  const [, inBrackets] = /^\((.*)\)$/.exec(text) ?? [];
  const [, sign, digits, percent] = AMOUNT.exec(inBrackets ?? text) ?? [];
  if (!digits || !/\d/.test(digits)) return undefined;
  const number = exactly(digits.replace(/[,\s]/g, ""));
  if (Number.isNaN(number)) return undefined;
  return ((sign === "-") !== (inBrackets !== undefined) ? -number : number) / (percent ? 100 : 1);
}

/** @param {string} name of the function @param {string} text @returns {never} */
export function unreadable(name, text) {
  const words = `“${text.trim().slice(0, 40)}” isn't a number as ${name} reads it, such as 1,234.5. NUMBERVALUE takes other signs.`;
  throw new Failure(name, "#VALUE!", words);
}
