/** Shows problems at their field, with their place in the text and the edit that fixes them. */

import { utf16Length } from "../fields/references.js";
import { make, button as makeButton } from "../ui/elements.js";
import { toast } from "../ui/notices.js";
import { isAsChecked } from "./checked-texts.js";
import { editorOf, focusField } from "./fields.js";
import { combined, editsOf } from "./fix-all.js";
import { summarizeProblems, unfold } from "./sections.js";

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

const OF_SAVING = /^(name|schedule)\b/; // fields that only saving looks at

/** Places the problems that the server has just sent with a form. @param {HTMLFormElement} form */
export function placeNewProblems(form) {
  const list = /** @type {HTMLElement | null} */ (form.querySelector(".problems:not([data-of-field])"));
  if (!list || "placed" in list.dataset) return;
  list.dataset.placed = "";
  placeProblems(form, list);
}

/**
 * Moves every problem of the list to its field; one without a field stays in the list.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} list
 */
function placeProblems(form, list) {
  const isQuiet = "quiet" in list.dataset; // while it is typed
  clearProblems(form, isQuiet);
  for (const problem of /** @type {HTMLElement[]} */ ([...list.children])) {
    const field = fieldOf(form, problem.dataset.field ?? "");
    if (!field) continue;
    if (isQuiet && field.value.trim() === "")
      problem.remove(); // not filled in yet: saving will report it
    else attach(problem, field);
    if (!isQuiet) unfold(field);
  }
  for (const place of form.querySelectorAll(".problems[data-of-field]")) offerAllFixes(form, place);
  markProblems(form);
  summarizeProblems(form);
}

/**
 * Offers to mend at once what has one fix each, such as columns that were pasted without braces.
 * @param {HTMLFormElement} form
 * @param {Element} list of the problems of a field
 */
function offerAllFixes(form, list) {
  const problems = /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".problem[data-field]"));
  const paths = new Set([...problems].map(({ dataset }) => dataset.field ?? ""));
  const field = paths.size === 1 ? fieldOf(form, [...paths][0]) : null;
  const edits = editsOf(list);
  const isCurrent = field && [...problems].every((problem) => isAsChecked(problem, field));
  const edit = isCurrent && edits.length > 1 ? combined(sent(field), edits) : null;
  if (!edit) return;
  const label = edits.length === problems.length ? `Fix all ${edits.length}` : `Fix ${edits.length} at once`;
  const fixAll = makeButton(label, "", null);
  Object.assign(fixAll.dataset, { editOffset: edit.offset, editLength: edit.length, editText: edit.text });
  list.append(make("li", "problem fix-all", fixAll));
}

/**
 * Marks the problems of the form in its editors.
 * @param {HTMLFormElement} form
 */
export function markProblems(form) {
  /** @type {Map<Field, HTMLElement[]>} */
  const byField = new Map();
  for (const problem of problemsOf(form)) {
    const field = fieldOf(form, problem.dataset.field ?? "");
    if (field) byField.set(field, [...(byField.get(field) ?? []), problem]);
  }
  for (const field of /** @type {NodeListOf<Field>} */ (form.querySelectorAll("[data-template]"))) {
    const placed = (byField.get(field) ?? []).filter(
      (problem) => problem.dataset.offset !== undefined && isAsChecked(problem, field),
    );
    editorOf(field)?.mark(placed.map((problem) => markOf(field, problem)));
  }
}

/** Returns the problems of the settings: those of the row that is tried are told beside its request. @param {HTMLFormElement} form */
function problemsOf(form) {
  const all = /** @type {HTMLElement[]} */ ([...form.querySelectorAll(".problem[data-field]")]);
  return all.filter((problem) => !problem.closest(".of-row"));
}

/**
 * @param {Field} field
 * @param {HTMLElement} problem
 * @returns {import("../fields/editor.js").Mark}
 */
function markOf(field, problem) {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (problem.querySelectorAll("[data-edit-offset]"));
  return {
    ...range(field, problem.dataset.offset, problem.dataset.length),
    severity: problem.classList.contains("warning") ? "warning" : "error",
    message: problem.querySelector("[data-message]")?.textContent ?? "",
    fixes: [...buttons].map((button) => ({ label: button.textContent ?? "", run: () => button.click() })),
  };
}

/**
 * Goes to the next problem of the form.
 * @param {HTMLFormElement} form
 */
export function nextProblem(form) {
  const all = problemsOf(form);
  const next = all[(all.findIndex((problem) => "visited" in problem.dataset) + 1) % all.length];
  if (!next) return;
  for (const problem of all) delete problem.dataset.visited;
  next.dataset.visited = "";
  unfold(next);
  next.scrollIntoView({ block: "nearest" });
  show(form, next);
}

/** @param {HTMLFormElement} form @param {boolean} isQuiet while it is typed: what saving has said stays until its field is changed */
function clearProblems(form, isQuiet) {
  const places = /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll(".problems[data-of-field]"));
  for (const place of places) if (!isQuiet || !stillHolds(form, place)) place.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    if (document.getElementById(field.getAttribute("aria-describedby") ?? "")) continue;
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/** @param {HTMLFormElement} form @param {HTMLElement} list of the problems of a field */
function stillHolds(form, list) {
  const name = /** @type {HTMLElement | null} */ (list.firstElementChild)?.dataset.field ?? "";
  return OF_SAVING.test(name) && fieldOf(form, name)?.value === list.dataset.ofField;
}

/**
 * Returns the field of a settings path: `query.1.value` is the value in the second filled row of `query`.
 * @param {HTMLFormElement} form
 * @param {string} path
 * @returns {Field | null}
 */
function fieldOf(form, path) {
  for (let parts = path.split("."); parts.length > 0; parts = parts.slice(0, -1)) {
    const field = named(form, parts);
    if (field) return field;
  }
  return null;
}

/**
 * @param {HTMLFormElement} form
 * @param {string[]} parts
 */
function named(form, parts) {
  const secret =
    parts[0] === "secrets" && form.querySelector(`[data-secret="${CSS.escape(parts.slice(1).join("."))}"]`);
  if (secret) return /** @type {Field} */ (secret);
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  if (at < 0) return fields(form, parts.join("."))[0] ?? null;
  const row = filledRows(form, parts.slice(0, at).join("."))[Number(parts[at])];
  if (!row) return null;
  const name = [...parts.slice(0, at), ...parts.slice(at + 1)].join(".");
  const inRow = /** @type {Field[]} */ ([...row.querySelectorAll("input")]);
  return inRow.find((field) => field.name === name) ?? inRow[0] ?? null;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function fields(form, name) {
  const all = /** @type {Field[]} */ ([...form.elements].filter((item) => "name" in item && item.name === name));
  return all.filter((field) => field.type !== "hidden" && !(field instanceof HTMLButtonElement));
}

/**
 * Returns the rows that are filled in; blank ones are not sent, so the server does not count them.
 * @param {HTMLFormElement} form
 * @param {string} list
 */
function filledRows(form, list) {
  const rows = [...form.querySelectorAll(`[data-rows="${CSS.escape(list)}"] > [data-row]`)];
  return rows.filter((row) => [...row.querySelectorAll("input")].some((field) => field.value.trim() !== ""));
}

/**
 * @param {HTMLElement} problem
 * @param {Field} field
 */
function attach(problem, field) {
  const holder = /** @type {HTMLElement} */ (field.closest("[data-row], .field, .switch") ?? field);
  let list = /** @type {HTMLElement | null} */ (
    holder.nextElementSibling?.matches(".problems[data-of-field]") ? holder.nextElementSibling : null
  );
  if (!list) {
    list = make("ul", "problems");
    list.dataset.ofField = field.value; // as it was checked
    holder.after(list);
  }
  list.append(problem);
  if (problem.classList.contains("error")) field.setAttribute("aria-invalid", "true");
  list.id ||= `problems-of-${crypto.randomUUID()}`;
  field.setAttribute("aria-describedby", list.id);
}

/**
 * Selects the place of a problem, or makes its edit.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button
 * @returns {boolean} whether it is a button of a problem
 */
export function handleProblemClick(form, button) {
  const line = button.closest(".problem");
  const problem = /** @type {HTMLElement | null} */ (
    line?.matches(".fix-all") ? (line.parentElement?.querySelector("[data-field]") ?? null) : line
  );
  const field = problem && fieldOf(form, problem.dataset.field ?? "");
  if (!problem || !field || field instanceof HTMLSelectElement) return false;
  const { editOffset, editLength, editText = "" } = button.dataset;
  if ("showPlace" in button.dataset) show(form, problem);
  else if (editOffset === undefined) return false;
  else if (isAsChecked(problem, field)) replace(field, range(field, editOffset, editLength), editText);
  else toast("Not changed: the text isn't what was checked any more. Try again in a moment.");
  return true;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} problem
 */
function show(form, problem) {
  const field = fieldOf(form, problem.dataset.field ?? "");
  if (!field) return;
  focusField(field);
  if (field instanceof HTMLSelectElement || problem.dataset.offset === undefined || !isAsChecked(problem, field))
    return;
  const { from, to } = range(field, problem.dataset.offset, problem.dataset.length);
  const editor = editorOf(field);
  if (editor) editor.select(from, to);
  else field.setSelectionRange(from, to);
}

/** Returns the text as it is sent, but for spaces at its end: one line goes without those before it. @param {Field} field */
const sent = (field) => (field instanceof HTMLInputElement ? field.value.trimStart() : field.value);

/**
 * @param {Field} field
 * @param {string | undefined} offset in code points of the text that the server has checked
 * @param {string | undefined} length in code points
 */
function range(field, offset, length) {
  const text = field.value;
  const lead = text.length - sent(field).length;
  const from = lead + utf16Length(text.slice(lead), Number(offset ?? 0));
  return { from, to: from + utf16Length(text.slice(from), Number(length ?? 0)) };
}

/**
 * Replaces text as typing would: it can be undone, and the form notices.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {{ from: number, to: number }} place
 * @param {string} text
 */
function replace(field, { from, to }, text) {
  const editor = editorOf(field);
  if (editor) return editor.replace(from, to, text);
  field.setRangeText(text, from, to, "end");
  field.focus();
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
