/**
 * The columns of the file: where each goes, and as what.
 *
 * @typedef {import("./mapping.js").Mapping} Mapping
 * @typedef {import("./mapping.js").Entry} Entry
 */

import { plainText } from "../grid/cells.js";
import { button, make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { TYPES, waysOf } from "./mapping.js";

const SHOWN = 4; // values

/**
 * Draws the mapping; `changed` follows every choice.
 * @param {HTMLElement} place @param {Mapping} mapping
 * @param {{ isNewTable: boolean, keys: Set<string>, changed: () => void }} how `keys`: the columns of the file that rows are matched by
 */
export function showMapping(place, mapping, how) {
  const heads = ["In the file", "First values", "", "Goes into", "Type"];
  const headOf = (/** @type {string} */ words) => (words ? make("th", { scope: "col" }, words) : make("td", ""));
  const head = make("thead", "", make("tr", "", ...heads.map(headOf)));
  const rows = mapping.entries.map((entry) => newRow(mapping, entry, how));
  place.replaceChildren(make("table", "", head, make("tbody", "", ...rows)));
  showProblems(place, mapping);
}

/** @param {Mapping} mapping @param {Entry} entry @param {Parameters<typeof showMapping>[2]} how */
function newRow(mapping, entry, how) {
  const row = make("tr", "");
  const redraw = () => {
    const fresh = newRow(mapping, entry, how);
    row.replaceWith(fresh);
    /** @type {HTMLElement | null} */ (fresh.querySelector("select, input"))?.focus();
    how.changed();
  };
  const name = make("th", { scope: "row", title: entry.from }, entry.from);
  const values = make("td", "eg", entry.values.map(plainText).filter(Boolean).slice(0, SHOWN).join(", "));
  const arrow = make("td", "arrow", icon("right"));
  const place = make("div", "place", how.isNewTable ? inOrOut(mapping, entry, redraw) : where(mapping, entry, redraw));
  if (entry.goes === "new") place.append(nameField(mapping, entry, how.changed));
  if (how.keys.has(entry.from)) name.append(" ", make("span", "chip", "Key"));
  row.classList.toggle("off", entry.goes === "out");
  row.append(
    name,
    values,
    arrow,
    make("td", "goes", place, make("p", "problem")),
    typeCell(mapping, entry, how.changed),
  );
  return row;
}

/** The choice for a new table: its columns are all new. @param {Mapping} mapping @param {Entry} entry @param {() => void} redraw */
function inOrOut(mapping, entry, redraw) {
  const input = make("input", { type: "checkbox", checked: entry.goes === "new", ariaLabel: `Import ${entry.from}` });
  input.addEventListener("change", () => {
    mapping.choose(entry, { goes: input.checked ? "new" : "out" });
    redraw();
  });
  return input;
}

/** @param {Mapping} mapping @param {Entry} entry @param {() => void} redraw */
function where(mapping, entry, redraw) {
  const columns = mapping.columns.map(({ id, name }) => make("option", { value: String(id) }, name));
  const select = make("select", { className: "in", ariaLabel: `${entry.from} goes into` });
  select.append(make("option", { value: "out" }, "Leave out"), make("option", { value: "new" }, "New column"));
  if (columns.length) select.append(make("hr", ""), ...columns);
  select.value = String(entry.goes);
  select.addEventListener("change", () => {
    const { value } = select;
    mapping.choose(entry, { goes: value === "out" || value === "new" ? value : Number(value) });
    redraw();
  });
  return select;
}

/** @param {Mapping} mapping @param {Entry} entry @param {() => void} changed */
function nameField(mapping, entry, changed) {
  const input = make("input", {
    className: "in",
    value: entry.name,
    maxLength: 200,
    ariaLabel: `New name of ${entry.from}`,
  });
  input.autocomplete = "off";
  input.addEventListener("input", () => {
    mapping.choose(entry, { name: input.value });
    changed();
  });
  return input;
}

/** @param {Mapping} mapping @param {Entry} entry @param {() => void} changed */
function typeCell(mapping, entry, changed) {
  const cell = make("td", "");
  if (entry.goes === "out") return cell;
  if (entry.asText) return textCell(cell, mapping, entry, changed);
  const type = mapping.typeInTable(entry);
  const ways = type ? waysOf(type) : TYPES;
  if (ways.length < 2) return make("td", "soft", ways[0]?.[1] ?? "");
  const select = make("select", { className: "in", ariaLabel: `Type of ${entry.from}` });
  select.append(...ways.map(([key, words]) => make("option", { value: key }, words)));
  select.value = entry.type;
  select.addEventListener("change", () => {
    mapping.choose(entry, { type: select.value });
    changed();
  });
  cell.append(select);
  return cell;
}

/** Says that the column of the table becomes one of texts, which can be taken back. @param {HTMLElement} cell @param {Mapping} mapping @param {Entry} entry @param {() => void} changed */
function textCell(cell, mapping, entry, changed) {
  const back = button("Don’t", "link", () => {
    mapping.choose(entry, { asText: false });
    cell.replaceWith(typeCell(mapping, entry, changed));
    changed();
  });
  back.ariaLabel = `Don’t make ${entry.from} text`;
  cell.append(make("span", "", "Becomes text"), " ", back);
  return cell;
}

/** Says under each field what is wrong with it. @param {HTMLElement} place @param {Mapping} mapping @returns {boolean} whether anything is */
export function showProblems(place, mapping) {
  const problems = mapping.entries.map((entry) => mapping.problemOf(entry));
  place.querySelectorAll("tbody tr").forEach((row, index) => {
    const words = /** @type {HTMLElement} */ (row.querySelector(".problem"));
    const field = /** @type {HTMLElement} */ (row.querySelector(".place > :last-child"));
    words.textContent = problems[index];
    words.id = `import-problem-${index}`;
    field.setAttribute("aria-invalid", String(Boolean(problems[index])));
    field.setAttribute("aria-describedby", words.id);
  });
  return problems.some(Boolean);
}
