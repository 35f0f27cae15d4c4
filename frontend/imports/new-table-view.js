/** What a file becomes where it is not added to a table: a new one, under a name. */

import { make } from "../ui/elements.js";

/** @param {HTMLElement} part @param {string} name that is offered */
export function showNewTable(part, name) {
  const input = make("input", {
    className: "in",
    id: "import-name",
    name: "name",
    maxLength: 200,
    required: true,
    value: name,
  });
  input.autocomplete = "off";
  const label = make("label", { className: "label", htmlFor: input.id }, "Table name");
  part.replaceChildren(make("h3", "", "New table"), make("div", "field", label, input));
}
