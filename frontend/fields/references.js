/** `{{Column}}` in a text, by the rules of the server: innermost braces count, `\` escapes, one line. */

const REFERENCE = /\{\{(?!\{)((?:\\.|(?!\}\}|\{\{)[^\n\\])*)\}\}/g;

/** @typedef {{ name: string, type: string }} Reference what can be referred to */
/** @typedef {{ from: number, to: number, name: string }} Found */

/** @param {string} text @returns {Found[]} */
export function find(text) {
  return [...text.matchAll(REFERENCE)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    name: match[1].replace(/\\([\\}])/g, "$1").trim(),
  }));
}

/** @param {string} name */
export const written = (name) => `{{${name.replace(/[\\}]/g, "\\$&")}}}`;

/** The text with every reference made a word of the same length. @param {string} text @param {string} letter */
export const masked = (text, letter) => text.replace(REFERENCE, (reference) => letter.repeat(reference.length));

/**
 * UTF-16 units that so many code points take: the server counts code points.
 * @param {string} text @param {number} points
 */
export function units(text, points) {
  let at = 0;
  for (; points > 0 && at < text.length; points -= 1)
    at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  return at;
}
