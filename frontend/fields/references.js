/** `{{Column}}` in a text, by the same rules as on the server: the innermost braces count, `\` escapes, one line. */

const REFERENCE = /\{\{(?!\{)((?:\\.|(?!\}\}|\{\{)[^\n\\])*)\}\}/g;

/** @typedef {{ name: string, type: string }} Reference something that can be referred to */
/** @typedef {{ from: number, to: number, name: string }} Occurrence */

/** @param {string} text @returns {Occurrence[]} */
export function findReferences(text) {
  return [...text.matchAll(REFERENCE)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    name: match[1].replace(/\\([\\}])/g, "$1").trim(),
  }));
}

/** Writes a reference. @param {string} name */
export const writeReference = (name) => `{{${name.replace(/[\\}]/g, "\\$&")}}}`;

/** Replaces every reference by a word of the same length. @param {string} text @param {string} letter */
export const maskReferences = (text, letter) => text.replace(REFERENCE, (reference) => letter.repeat(reference.length));

/**
 * Converts a number of code points, which the server counts, to UTF-16 units.
 * @param {string} text @param {number} points
 */
export function utf16Length(text, points) {
  let at = 0;
  for (; points > 0 && at < text.length; points -= 1)
    at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  return at;
}
