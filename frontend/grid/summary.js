/** A JSON value in a line: its first values rather than its shape. */

const MOST = 3; // values shown
const MOST_VISITED = 200; // values of one result that are looked at
const LONGEST = 300; // characters of a value

/** The beginning of a text, which says so. @param {string} text @param {number} longest characters */
export const cut = (text, longest) => (text.length > longest ? `${text.slice(0, longest)}…` : text);

/** @param {unknown} value */
export const isNumeric = (value) => typeof value === "number" || typeof value === "bigint";

/** @param {unknown} value @returns {string} */
function scalarText(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return cut(String(value), LONGEST).replace(/\s+/g, " ").trim();
}

/** Yields the values of an object or a list, the outer ones of each level first. @param {object} value @returns {Generator<unknown>} */
function* valuesIn(value) {
  const inner = [];
  for (const part of Array.isArray(value) ? value.slice(0, MOST_VISITED) : Object.values(value)) {
    if (part !== null && typeof part === "object") inner.push(part);
    else yield part;
  }
  for (const part of inner) yield* valuesIn(part);
}

/** The first texts and numbers of an object; yes and no only where there is nothing else. @param {object} value */
function firstTexts(value) {
  const [texts, flags] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
  let visited = 0;
  for (const part of valuesIn(value)) {
    visited += 1;
    if (visited > MOST_VISITED || texts.length === MOST) break;
    const text = scalarText(part);
    if (text) (typeof part === "boolean" ? flags : texts).push(text);
  }
  return texts.length ? texts : flags.slice(0, MOST);
}

/**
 * Describes a value in up to four parts, of which the first says most: ["Acme", "406", "Köln"], of a list how many
 * items it has and the first values.
 * @param {unknown} value @returns {string[]}
 */
export function summary(value) {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [scalarText(value)];
  const texts = firstTexts(value);
  if (Array.isArray(value)) return value.length === 1 ? texts : [`${value.length} items`, ...texts];
  return texts.length ? texts : [Object.keys(value).length ? "No values in it" : "{ }"];
}
