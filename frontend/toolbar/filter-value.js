/**
 * The field of a filter's value: a line, two, a list, a date or a state.
 *
 * @typedef {import("../grid/types.d.ts").Filter} Filter
 * @typedef {import("./operators.js").Operator} Operator
 * @typedef {(value: NonNullable<Filter["value"]>, isTyped: boolean) => void} Put
 */

import { make } from "../ui/elements.js";
import { STATES } from "./operators.js";
import { newSelect } from "./popover.js";

/** @param {Operator} operator @param {Filter} filter @param {string} label after its first letter @param {Put} put */
export function newValue({ input, two }, { value }, label, put) {
  if (!input) return make("span", "");
  if (input === "state") return newSelect(`V${label}`, STATES, String(value), (state) => put(state, false));
  const values = [value ?? ""].flat().map(String);
  if (input === "list") return newList(`V${label}`, values, put);
  if (!two) return newField(input, `V${label}`, values[0], (text) => put(text, true));
  const both = [values[0] ?? "", values[1] ?? ""];
  const fields = ["Lower v", "Upper v"].map((start, at) =>
    newField(input, start + label, both[at], (text) => {
      both[at] = text;
      put([...both], true);
    }),
  );
  return make("span", "two", fields[0], "and", fields[1]);
}

/** @param {"text" | "number" | "date"} input @param {string} label @param {string} value @param {(text: string) => void} put */
function newField(input, label, value, put) {
  const type = input === "date" ? "date" : "text";
  const field = make("input", { className: "in", type, value, ariaLabel: label, autocomplete: "off" });
  if (input === "number") field.inputMode = "decimal";
  field.addEventListener("input", () => put(field.value.trim()));
  return field;
}

/** @param {string} label @param {string[]} values @param {Put} put */
function newList(label, values, put) {
  const field = make("textarea", { className: "in", rows: 3, value: values.join("\n"), ariaLabel: label });
  field.placeholder = "One value per line";
  field.addEventListener("input", () => {
    const lines = field.value.split(/\r?\n/).map((line) => line.trim());
    put([...new Set(lines.filter(Boolean))], true);
  });
  return field;
}
