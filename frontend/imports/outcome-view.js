/**
 * What was found when the whole file was read: things to check, and what will happen.
 *
 * @typedef {import("./types.d.ts").Check} Check
 * @typedef {import("./types.d.ts").Import} Import
 * @typedef {import("./types.d.ts").Warning} Warning
 */

import { button, make } from "../ui/elements.js";
import { formatNumber, plural } from "../ui/format.js";
import { icon } from "../ui/icons.js";

const SHOWN = 30; // warnings

/** @param {number} number @param {string} what */
const things = (number, what) => `${formatNumber(number)} ${what}${number === 1 ? "" : "s"} to check`;

/**
 * What can be done about a warning; null where it cannot.
 * @typedef {object} Ways
 * @property {((line: number) => void) | null} showLine
 * @property {(column: string) => (() => void) | null} asText imports the column as text
 */

/** Lists what should be looked at. @param {HTMLElement} section @param {Warning[]} all @param {Ways} ways */
export function showWarnings(section, all, ways) {
  const warnings = withoutSingle(all);
  section.hidden = warnings.length === 0;
  /** @type {HTMLElement} */ (section.querySelector("h3")).textContent = things(warnings.length, "thing");
  const notes = warnings.slice(0, SHOWN).map((warning) => noteOf(warning, ways));
  const more = warnings.length - SHOWN;
  if (more > 0) notes.push(make("li", "soft", `And ${formatNumber(more)} more.`));
  /** @type {HTMLElement} */ (section.querySelector("ul")).replaceChildren(...notes);
}

/** Values that do not fit are told by column, not one by one. @param {Warning[]} warnings */
function withoutSingle(warnings) {
  const counted = new Set(warnings.filter(({ values }) => values).map(({ column }) => column));
  return warnings.filter(({ column, values }) => values || !counted.has(column));
}

/** @param {Warning} warning @param {Ways} ways */
function noteOf({ line, message, column, values }, { showLine, asText }) {
  const names = line !== null && !/^(line|row) \d/i.test(message);
  const words = make("p", "", names && !values ? `Line ${formatNumber(line)}: ${message}` : message);
  if (line !== null && showLine)
    words.append(
      " ",
      button(values ? "Show the first" : "Show line", "link", () => showLine(line), { ariaLabel: `Show line ${line}` }),
    );
  const keep = column ? asText(column) : null;
  if (keep) words.append(" ", button("Keep as text", "link", keep, { ariaLabel: `Keep ${column} as text` }));
  return make("li", "", icon("warning"), words);
}

/** @param {Check} check @returns {[string, number, string][]} words, number, class */
const tallyOf = (check) => [
  ["Updated", check.updated, ""],
  ["Added", check.added, ""],
  ["Skipped", check.skipped, ""],
  ["Repeated in the file", check.repeated, ""],
  ["Values left blank", check.left_blank, "warn"],
  ["Not imported", check.rejected, "bad"],
];

/** @param {HTMLElement} list @param {Check | null} check */
export function showTally(list, check) {
  const told = check ? tallyOf(check).filter(([words, number]) => number || words === "Added") : [];
  const lines = told.flatMap(([words, number, look]) => [
    make("dt", "", words),
    make("dd", look, formatNumber(number)),
  ]);
  list.replaceChildren(...lines);
}

/** "Import 1,302 rows" @param {Check | null} check */
export const buttonWords = (check) => (check ? `Import ${plural(check.added + check.updated, "row")}` : "Import");
