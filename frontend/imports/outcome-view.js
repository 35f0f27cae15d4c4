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
 * Lists what should be looked at.
 * @param {HTMLElement} section @param {Warning[]} warnings @param {((line: number) => void) | null} showLine null where lines cannot be shown
 */
export function showWarnings(section, warnings, showLine) {
  section.hidden = warnings.length === 0;
  /** @type {HTMLElement} */ (section.querySelector("h3")).textContent = things(warnings.length, "thing");
  const notes = warnings.slice(0, SHOWN).map((warning) => noteOf(warning, showLine));
  const more = warnings.length - SHOWN;
  if (more > 0) notes.push(make("li", "soft", `And ${formatNumber(more)} more.`));
  /** @type {HTMLElement} */ (section.querySelector("ul")).replaceChildren(...notes);
}

/** @param {Warning} warning @param {((line: number) => void) | null} showLine */
function noteOf({ line, message }, showLine) {
  const names = line !== null && !/^(line|row) \d/i.test(message);
  const words = make("p", "", names ? `Line ${formatNumber(line)}: ${message}` : message);
  if (line !== null && showLine)
    words.append(
      " ",
      button("Show line", "link", () => showLine(line), { ariaLabel: `Show line ${line}` }),
    );
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
