/** What the menu of references offers: columns with their values, and the fields inside them, level by level. */

import { joined, referTo, split } from "./references.js";

/**
 * @typedef {import("./references.js").Reference} Reference
 * @typedef {import("./references.js").Field} Field
 * @typedef {import("./references.js").Example} Example
 * @typedef {{ name: string, path: string }} Place the whole of a column, or a field of it
 * @typedef {object} Choice
 * @property {string} label
 * @property {string} detail
 * @property {import("../ui/icon-names.js").IconName} [icon]
 * @property {string} [text] what goes between the braces; without it, it is only said
 * @property {Place} [opens] whose fields are offered when it is opened
 * @property {boolean} [isObject]
 * @property {number[]} match the part of the label that the filter has found
 * @property {string} section its heading; "" for none
 */

export const NO_ANSWER = "Run one row to see its fields";

/**
 * @param {Reference[]} references @param {Place | null} inside null: the columns themselves @param {string} filter
 * @returns {Choice[]}
 */
export function choices(references, inside, filter) {
  const names = references.map(({ name }) => name);
  const named = inside ? null : beganWith(filter, names);
  const place = inside ?? (named && { name: named.name, path: "" });
  if (!place) return [...columns(references, filter), ...(filter ? everywhere(references, names, filter) : [])];
  const reference = references.find(({ name }) => name === place.name);
  if (!reference?.example) return [];
  const found = within(reference, names, place.path, named ? named.path : filter);
  return lacksAnswer(reference.example) ? [unknown(reference)] : found;
}

/** Splits a filter that has passed the name of a column: "Profile.", "Profile.ci". @param {string} filter @param {string[]} names */
function beganWith(filter, names) {
  const found = split(filter, names);
  return found && found.name !== filter ? found : null;
}

/** @param {Example} example */
const lacksAnswer = ({ type, position }) => type === "http" && position === null;

/** @param {Reference} reference @returns {Choice} */
const unknown = ({ name }) => ({ label: NO_ANSWER, detail: "", match: [], section: name });

/** @param {Reference[]} references @param {string} filter @returns {Choice[]} */
function columns(references, filter) {
  const row = references[0]?.row;
  const section = typeof row === "number" ? `Columns, with row ${row + 1}` : "";
  const found = references
    .map((reference) => ({ reference, at: reference.name.toLowerCase().indexOf(filter.toLowerCase()) }))
    .filter(({ at }) => at >= 0);
  const ranked = filter ? found.sort((one, other) => Number(one.at > 0) - Number(other.at > 0)) : found;
  return ranked.map(({ reference: { name, type, example }, at }) => ({
    label: name,
    detail: example ? columnDetail(example) : type,
    icon: example?.type,
    text: name,
    opens: example?.fields.length ? { name, path: "" } : undefined,
    isObject: example?.kind === "object",
    match: [at, at + filter.length],
    section,
  }));
}

/** @param {Example} example */
function columnDetail(example) {
  if (example.fields.length) return sizeText(levelOf(example, "")[0]?.in ? "object" : example.kind, levelSize(example));
  return lacksAnswer(example) ? NO_ANSWER : example.value;
}

/** @param {Example} example */
const levelSize = (example) => (example.kind === "list" ? example.size : levelOf(example, "").length);

/** @param {string} kind @param {number | null} size */
const sizeText = (kind, size) => `${size} ${kind === "object" ? "field" : "item"}${size === 1 ? "" : "s"}`;

/** The fields directly at a path; an object that is alone there is passed through. @param {Example} example @param {string} path @returns {Field[]} */
function levelOf(example, path) {
  const level = example.fields.filter((field) => field.in === path);
  const isAlone = level.length === 1 && level[0].kind === "object";
  const inside = isAlone ? levelOf(example, level[0].path) : [];
  return inside.length ? inside : level;
}

/** @param {Reference} reference @param {string[]} names @param {string} path @param {string} filter @returns {Choice[]} */
function within(reference, names, path, filter) {
  const { example } = reference;
  if (!example) return [];
  const below = example.fields.filter((field) => isBelow(field.path, path));
  const fields = filter ? matching(below, filter) : levelOf(example, path);
  return fields.map((field) => fieldChoice(reference, names, field, filter, path));
}

/** @param {string} path @param {string} above */
const isBelow = (path, above) => !above || (path.startsWith(above) && ".[".includes(path[above.length]));

/** Fields whose path has the text; those whose own name begins with it come first. @param {Field[]} fields @param {string} filter */
function matching(fields, filter) {
  const needle = filter.toLowerCase();
  const found = fields.filter(({ path }) => path.toLowerCase().includes(needle));
  const begins = (/** @type {Field} */ { path }) =>
    path.toLowerCase().startsWith(needle) || ownName(path).startsWith(needle);
  return [...found.filter(begins), ...found.filter((field) => !begins(field))];
}

/** @param {string} path */
const ownName = (path) => path.toLowerCase().slice(path.lastIndexOf(".") + 1);

/** @param {Reference[]} references @param {string[]} names @param {string} filter */
const everywhere = (references, names, filter) =>
  references.flatMap((reference) => (reference.example ? within(reference, names, "", filter) : []));

/** @param {Reference} reference @param {string[]} names @param {Field} field @param {string} filter @param {string} above @returns {Choice} */
function fieldChoice({ name, example, row }, names, { path, kind, size, value }, filter, above) {
  const isHere = example?.position === row;
  const at = path.toLowerCase().indexOf(filter.toLowerCase());
  const place = above ? joined(name, above) : name;
  return {
    label: path,
    detail: kind === "value" || value ? value : kind === "each" ? `every one of ${size}` : sizeText(kind, size),
    text: referTo(name, path, names),
    opens: kind !== "value" && size && example?.fields.some((other) => other.in === path) ? { name, path } : undefined,
    isObject: kind === "object",
    match: at < 0 ? [] : [at, at + filter.length],
    section: isHere || !example ? place : `${place}, from row ${(example.position ?? 0) + 1}`,
  };
}
