/**
 * The file with its first lines: the one that holds the names is chosen in the gutter, those above it are hatched.
 *
 * @typedef {import("./types.d.ts").Preview} Preview
 * @typedef {import("./types.d.ts").Reading} Reading
 */

import { plainText } from "../grid/cells.js";
import { make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";

/**
 * Draws the lines; the focus stays on the radio that has it.
 * @param {HTMLElement} place @param {Preview} preview
 * @param {{ unit: string, hasLines: boolean, choose: (reading: Reading) => void }} how
 */
export function showFile(place, preview, { unit, hasLines, choose }) {
  const focused = place.contains(document.activeElement) && document.activeElement?.getAttribute("value");
  const width = Math.max(1, preview.columns.length, ...preview.skipped.map(([, row]) => row.length));
  const numeric = numericColumns(preview);
  const body = make("tbody", "");
  for (const [line, row] of preview.skipped) body.append(skippedRow(line, row, width, hasLines));
  const rest = preview.skip_lines - preview.skipped.length;
  if (rest > 0) body.append(restRow(rest, unit, width));
  if (preview.has_header) body.append(headerRow(preview, numeric, hasLines));
  body.append(
    ...preview.rows.map((row, index) => dataRow(preview.lines[index], padded(row, width), numeric, hasLines)),
  );
  for (const radio of body.querySelectorAll("input")) {
    radio.ariaLabel = `Column names in ${unit} ${radio.value}`;
    radio.addEventListener("change", () => choose({ has_header: true, header_row: Number(radio.value) }));
  }
  place.replaceChildren(make("table", "", body));
  if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`input[value="${focused}"]`))?.focus();
}

/** @param {unknown[]} row @param {number} width */
const padded = (row, width) => [...row, ...Array(Math.max(0, width - row.length)).fill(null)];

/** @param {number} line @param {unknown[]} row @param {number} width @param {boolean} hasRadio */
function skippedRow(line, row, width, hasRadio) {
  const cells = row.map((value) => make("td", "", plainText(value)));
  const last = cells.at(-1) ?? make("td", "");
  last.colSpan = width - Math.max(0, cells.length - 1);
  return make("tr", "out", gutter(line, hasRadio), ...(cells.length ? cells : [last]));
}

/** @param {number} rest @param {string} unit @param {number} width */
function restRow(rest, unit, width) {
  const words = `${formatNumber(rest)} more ${unit}${rest === 1 ? "" : "s"} left out`;
  return make("tr", "out", make("td", "ln"), make("td", { colSpan: width }, words));
}

/** @param {Preview} preview @param {Set<number>} numeric @param {boolean} hasRadio */
function headerRow({ columns, header_row: line }, numeric, hasRadio) {
  const cells = columns.map((name, index) =>
    make("th", { scope: "col", className: numeric.has(index) ? "num" : "" }, name),
  );
  return make("tr", "names", gutter(line, hasRadio, true), ...cells);
}

/** @param {number} line @param {unknown[]} row @param {Set<number>} numeric @param {boolean} hasRadio */
function dataRow(line, row, numeric, hasRadio) {
  const cells = row.map((value, index) => make("td", numeric.has(index) ? "num" : "", plainText(value)));
  const shown = make("tr", "", gutter(line, hasRadio), ...cells);
  shown.dataset.line = String(line);
  return shown;
}

/** @param {number | null} line @param {boolean} hasRadio @param {boolean} [checked] */
function gutter(line, hasRadio, checked = false) {
  if (line === null) return make("td", "ln");
  const number = make("span", "", formatNumber(line));
  if (!hasRadio) return make("td", "ln", number);
  const radio = make("input", { type: "radio", name: "header_row", value: String(line), checked });
  return make("td", "ln", make("label", "", radio, number));
}

/** Returns the columns that mostly hold numbers: they are right-aligned. @param {Preview} preview */
function numericColumns({ columns_guess: guesses }) {
  const indexes = guesses.map(({ type }, index) => (type?.startsWith("number") ? index : -1));
  return new Set(indexes.filter((index) => index >= 0));
}

/** Scrolls to a line and marks it. @param {HTMLElement} place @param {number} line @returns {boolean} whether it is among the first */
export function revealLine(place, line) {
  const row = place.querySelector(`tr[data-line="${line}"]`);
  for (const other of place.querySelectorAll(".shown")) other.classList.remove("shown");
  row?.classList.add("shown");
  row?.scrollIntoView({ block: "nearest" });
  if (row) place.focus({ preventScroll: true });
  return row !== null;
}
