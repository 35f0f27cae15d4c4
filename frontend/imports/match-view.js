/**
 * What becomes of rows that are already in the table.
 *
 * @typedef {{ key: number[], match: "exact" | "loose", on_match: "add" | "update" | "skip", keep_blank: boolean }} Match
 * @typedef {import("./mapping.js").Mapping} Mapping
 */

import { make } from "../ui/elements.js";
import { box } from "./reading-view.js";

/** @type {[Match["on_match"], string][]} */
const ACTIONS = [
  ["update", "Update them"],
  ["skip", "Skip them"],
  ["add", "Add them again"],
];

/** @returns {Match} */
export const newMatch = () => ({ key: [], match: "loose", on_match: "update", keep_blank: true });

/** As the API takes it. @param {Match} match @returns {Partial<Match>} */
export const matchJson = (match) => (match.key.length ? match : {});

/**
 * Draws the choices; `changed` follows each. A column that the file no longer fills is no key.
 * @param {HTMLElement} place @param {Match} match @param {Mapping} mapping @param {() => void} changed
 */
export function showMatch(place, match, mapping, changed) {
  const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute("data-focus") : null;
  const filled = mapping.entries.flatMap(({ goes }) => (typeof goes === "number" ? [goes] : []));
  match.key = match.key.filter((id) => filled.includes(id));
  const update = (/** @type {Partial<Match>} */ change) => {
    Object.assign(match, change);
    showMatch(place, match, mapping, changed);
    changed();
  };
  place.replaceChildren(make("h3", "", "Rows that are already here"), keyFields(match, mapping, filled, update));
  if (match.key.length) place.append(...matchedFields(match, update));
  for (const [index, field] of place.querySelectorAll("select, input").entries())
    field.setAttribute("data-focus", String(index));
  if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`[data-focus="${focused}"]`))?.focus();
}

/** One select for each column of the key, and one more. @param {Match} match @param {Mapping} mapping @param {number[]} filled @param {(change: Partial<Match>) => void} update */
function keyFields(match, mapping, filled, update) {
  const columns = mapping.columns.filter(({ id }) => filled.includes(id));
  const shown =
    match.key.length && match.key.length < columns.length ? [...match.key, 0] : match.key.length ? match.key : [0];
  const fields = shown.map((id, index) => {
    const open = columns.filter((column) => column.id === id || !match.key.includes(column.id));
    const select = make("select", { className: "in", ariaLabel: index ? `And by, ${index + 1}` : "Match by" });
    select.append(make("option", { value: "0" }, index ? "And by…" : "Nothing: add every row"));
    select.append(...open.map((column) => make("option", { value: String(column.id) }, column.name)));
    select.value = String(id);
    select.addEventListener("change", () => {
      const key = match.key.toSpliced(index, 1, Number(select.value));
      update({ key: key.filter(Boolean) });
    });
    return select;
  });
  return make("div", "field", make("span", { className: "label", ariaHidden: "true" }, "Match by"), ...fields);
}

/** @param {Match} match @param {(change: Partial<Match>) => void} update */
function matchedFields(match, update) {
  const loose = box("loose", "Ignore capitals and spaces", match.match === "loose", (isLoose) =>
    update({ match: isLoose ? "loose" : "exact" }),
  );
  const radios = ACTIONS.map(([value, words]) => {
    const radio = make("input", { type: "radio", name: "on_match", value, checked: match.on_match === value });
    radio.addEventListener("change", () => update({ on_match: value }));
    return make("label", "check", radio, words);
  });
  const actions = make("fieldset", "plain", make("legend", "visually-hidden", "Rows that match"), ...radios);
  if (match.on_match !== "update") return [loose, actions];
  const keep = box("keep_blank", "Keep values where the file is blank", match.keep_blank, (keep_blank) =>
    update({ keep_blank }),
  );
  return [loose, actions, keep];
}
