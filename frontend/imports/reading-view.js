/**
 * How the file is read: its encoding, separator and quote, its sheet, the list inside JSON.
 *
 * @typedef {import("./types.d.ts").Preview} Preview
 * @typedef {import("./types.d.ts").Reading} Reading
 * @typedef {import("./types.d.ts").Choice} Choice
 */

import { make } from "../ui/elements.js";
import { choiceWords, DELIMITERS, ENCODINGS, encodingKey, encodingName, QUOTES } from "./words.js";

/** A reading of another table in the file begins without what was chosen for this one. @type {Reading} */
const ANEW = { has_header: undefined, header_row: undefined, skip_lines: undefined };

/**
 * Draws the choices that this file has; the focus stays on the one that has it.
 * @param {HTMLElement} place @param {Preview} preview @param {Reading} chosen
 * @param {{ kind: "text" | "workbook" | "json", choose: (reading: Reading) => void }} how
 */
export function showReading(place, preview, chosen, { kind, choose }) {
  const focused = place.contains(document.activeElement) && document.activeElement?.getAttribute("name");
  const picks = { text: textPicks, workbook: workbookPicks, json: jsonPicks }[kind](preview, chosen, choose);
  place.replaceChildren(...picks);
  if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`[name="${focused}"]`))?.focus();
}

/** @typedef {(preview: Preview, chosen: Reading, choose: (reading: Reading) => void) => HTMLElement[]} Picks */

/** @type {Picks} */
function textPicks(preview, chosen, choose) {
  const { has_header: hasHeader, skip_lines: skipped } = preview;
  const picks = [
    pick("encoding", "Encoding", encodingOptions(preview), preview.encoding, (encoding) => choose({ encoding })),
    pick("delimiter", "Separator", DELIMITERS, preview.delimiter, (delimiter) => choose({ delimiter })),
    pick("quote", "Quote", QUOTES, preview.quote ?? '"', (quote) => choose({ quote })),
  ];
  return [...picks, ...headerPicks(hasHeader, chosen.skip_lines ?? skipped, "lines", choose)];
}

/** @type {Picks} */
function workbookPicks(preview, chosen, choose) {
  const { sheets, sheet, has_header: hasHeader, skip_lines: skipped } = preview;
  const options = sheets.map((choice) => /** @type {[string, string]} */ ([choice.name, choiceWords(choice)]));
  const repeat = box("repeat_merged", "Repeat merged cells", chosen.repeat_merged ?? false, (repeat_merged) =>
    choose({ repeat_merged }),
  );
  const sheetPick = pick("sheet", "Sheet", options, sheet, (name) => choose({ ...ANEW, sheet: name }));
  return [sheetPick, repeat, ...headerPicks(hasHeader, chosen.skip_lines ?? skipped, "rows", choose)];
}

/** @type {Picks} */
function jsonPicks(preview, chosen, choose) {
  const { lists, list_path: path } = preview;
  const options = lists.map((choice) => /** @type {[string, string]} */ ([choice.name, choiceWords(choice)]));
  const list = pick("list_path", "List", options, path ?? "", (list_path) => choose({ list_path }));
  const spread = box("spread", "Spread nested objects", chosen.spread ?? false, (value) => choose({ spread: value }));
  return options.length > 1 ? [list, spread] : [spread];
}

/** @param {boolean} hasHeader @param {number} skipped @param {string} units @param {(reading: Reading) => void} choose */
function headerPicks(hasHeader, skipped, units, choose) {
  const none = box("no_header", "No header", !hasHeader, (isNone) =>
    choose({ ...ANEW, has_header: !isNone, ...(isNone && skipped ? { skip_lines: skipped } : {}) }),
  );
  if (hasHeader) return [none];
  const number = make("input", { type: "number", name: "skip_lines", min: "0", max: "10000", value: String(skipped) });
  number.addEventListener("change", () => choose({ skip_lines: Math.max(0, Math.floor(number.valueAsNumber || 0)) }));
  return [none, make("label", "in pick", make("span", "soft", `Skip ${units}`), number)];
}

/** The likely encodings first. @param {Preview} preview @returns {[string, string][]} */
function encodingOptions({ encoding, encodings }) {
  const likely = [encoding ?? "utf-8", ...encodings.map((choice) => choice.encoding)];
  /** @type {Map<string, [string, string]>} */
  const byName = new Map();
  for (const key of [...likely, ...ENCODINGS]) {
    const name = encodingName(key);
    if (!byName.has(name)) byName.set(name, [key, name]);
  }
  return [...byName.values()];
}

/**
 * Makes a select with its label inside its border.
 * @param {string} name @param {string} label @param {[string, string][]} options @param {string | null} value
 * @param {(value: string) => void} onChange
 */
export function pick(name, label, options, value, onChange) {
  const select = make("select", { name }, ...options.map(([key, words]) => make("option", { value: key }, words)));
  if (value !== null && !options.some(([key]) => key === value)) select.append(make("option", { value }, value));
  select.value = value ?? "";
  select.addEventListener("change", () => onChange(select.value));
  return make("label", "in pick", make("span", "soft", label), select);
}

/** @param {string} name @param {string} label @param {boolean} checked @param {(checked: boolean) => void} onChange */
export function box(name, label, checked, onChange) {
  const input = make("input", { type: "checkbox", name, checked });
  input.addEventListener("change", () => onChange(input.checked));
  return make("label", "check", input, label);
}

/**
 * Shows the likely encodings side by side, with the first words that they change.
 * @param {HTMLElement} place @param {Preview} preview @param {(reading: Reading) => void} choose
 */
export function showEncodings(place, { encoding, encodings, is_sure: isSure }, choose) {
  const wasOpen = place.querySelector("details")?.open;
  const focused = place.contains(document.activeElement) && document.activeElement?.getAttribute("value");
  place.replaceChildren();
  const telling = encodings.filter(({ words }) => words.length);
  if (telling.length < 2) return;
  const choices = telling.map((choice) => encodingChoice(choice, encoding ?? "", choose));
  const question = isSure
    ? "Do letters look wrong? Compare encodings"
    : "Not sure of the encoding: which words read right?";
  const summary = make("summary", isSure ? "" : "unsure", question);
  const group = make("fieldset", "plain", make("legend", "visually-hidden", "Encoding"), ...choices);
  place.append(make("details", { open: wasOpen ?? !isSure }, summary, group));
  if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`input[value="${focused}"]`))?.focus();
}

/** @param {Preview["encodings"][number]} choice @param {string} used @param {(reading: Reading) => void} choose */
function encodingChoice({ encoding, words }, used, choose) {
  const checked = encodingKey(encoding) === encodingKey(used);
  const radio = make("input", { type: "radio", name: "likely_encoding", value: encoding, checked });
  radio.addEventListener("change", () => choose({ encoding }));
  const title = make("span", "", encodingName(encoding));
  return make("label", "", radio, title, make("span", "words", words.join(" · ")));
}
