/** `{{Column}}` in a text, by the same rules as on the server: the innermost braces count, `\` escapes, one line. */

const REFERENCE = /\{\{(?!\{)((?:\\.|(?!\}\}|\{\{)[^\n\\])*)\}\}/g;

/**
 * @typedef {{ path: string, in: string, kind: "value" | "object" | "list" | "each", size: number | null, value: string }} Field
 * @typedef {{ type: import("../ui/icon-names.js").IconName, position: number | null, fields: Field[] } & Omit<Field, "path" | "in">} Example
 *   what a column holds, in the row at `position`
 * @typedef {{ name: string, type: string, example?: Example, row?: number | null }} Reference something that can be referred to,
 *   with what it holds in the row that is shown (its position)
 * @typedef {{ from: number, to: number, name: string }} Occurrence
 */

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

/** Joins a name and a path into it. @param {string} name @param {string} path "" for the whole value */
export const joined = (name, path) => (path && !path.startsWith("[") ? `${name}.${path}` : name + path);

/**
 * Splits what stands in braces: a column of exactly that name wins, else the longest name before a `.` or `[`.
 * @param {string} text @param {string[]} names
 * @returns {{ name: string, path: string } | null} null where no name fits
 */
export function split(text, names) {
  if (names.includes(text)) return { name: text, path: "" };
  const longest = names
    .filter((name) => text.startsWith(name) && ".[".includes(text[name.length]))
    .sort((one, other) => other.length - one.length)[0];
  if (longest === undefined) return null;
  const rest = text.slice(longest.length);
  return { name: longest, path: rest.startsWith(".") ? rest.slice(1) : rest };
}

/**
 * Writes a reference to a field: `Company.size`, or `Company["size"]` where another column is called Company.size.
 * @param {string} name @param {string} path @param {string[]} names of all columns
 */
export function referTo(name, path, names) {
  const plain = joined(name, path);
  if (split(plain, names)?.name === name) return plain;
  const [first] = /^(\\.|[^.[\\])+/.exec(path) ?? [path];
  return `${name}["${first}"]${path.slice(first.length)}`;
}

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
