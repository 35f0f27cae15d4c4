/** The answers of the panel as trees, whose fields become columns: at once, or with the column when it is saved. */

import { openListRows } from "../answers/list-rows.js";
import { AnswerTree } from "../answers/tree.js";
import { fieldsOfAnswers } from "../grid/signals.js";
import { make } from "../ui/elements.js";
import { parseHolder } from "../ui/json.js";
import { dropNewField, listNewFields, newFieldsOf } from "./new-fields.js";
import { addRow } from "./rows.js";

/** @typedef {import("../answers/tree.js").Target} Target */

/**
 * Turns the text of every response below `root` into a tree; what is not JSON stays text.
 * @param {HTMLElement} root
 */
export function growTrees(root) {
  for (const holder of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-tree]"))) {
    const value = parseHolder(holder.querySelector("pre")?.textContent ?? "");
    const form = holder.closest("form");
    const gives = "gives" in holder.dataset && form;
    holder.removeAttribute("data-tree");
    if (value) grow(holder, new AnswerTree(value, { label: "Response", target: gives ? targetOf(gives) : undefined }));
  }
}

/** @param {HTMLElement} holder @param {AnswerTree} tree */
function grow(holder, tree) {
  const search = make("input", { type: "search", className: "in", placeholder: "Search names and values" });
  search.ariaLabel = "Search the response";
  const outcome = make("p", { className: "hint", role: "status" });
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // it is not a setting of the column
    outcome.textContent = tree.search(search.value);
  });
  holder.closest("form")?.addEventListener("marl:new-fields", () => tree.repaint());
  holder.replaceChildren(search, outcome, tree.element);
}

/** @param {HTMLFormElement} form @returns {Target | undefined} */
function targetOf(form) {
  const panel = /** @type {HTMLElement} */ (form.closest("[data-panel]"));
  const columnId = Number(panel.dataset.columnId);
  const keep = (/** @type {string} */ path) => keepPath(form, path);
  const fields = fieldsOfAnswers();
  if (columnId && fields)
    return {
      keep,
      columns: () => fields.list(columnId),
      add: (found) => fields.add(columnId, found),
      expand: (path) => void openListRows(columnId, path, Number(panel.dataset.tableId)),
    };
  return {
    keep,
    columns: () => newFieldsOf(form),
    add: (found) => listNewFields(form, found),
    drop: (path) => dropNewField(form, path),
  };
}

/** @param {HTMLFormElement} form @param {string} path */
function keepPath(form, path) {
  const list = /** @type {HTMLElement | null} */ (form.querySelector('[data-rows="field_paths"]'));
  const isListed = [...(list?.querySelectorAll("input") ?? [])].some((field) => field.value.trim() === path);
  if (list && !isListed) addRow(list, path);
}
