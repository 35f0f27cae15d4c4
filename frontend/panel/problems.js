/** Problems stand at their field, with the place in the text and the edit that fixes them. */

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/**
 * Moves every problem of the list to its field; one without a field stays where it is.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} list
 */
export function placeProblems(form, list) {
  clearProblems(form);
  for (const problem of /** @type {HTMLElement[]} */ ([...list.children])) {
    const field = fieldOf(form, problem.dataset.field ?? "");
    if (!field) continue;
    if ("quiet" in list.dataset && field.value.trim() === "") problem.remove(); // not reached yet: save will say it
    else attach(problem, field);
  }
}

/** @param {HTMLFormElement} form */
function clearProblems(form) {
  for (const place of form.querySelectorAll(".problems[data-of-field]")) place.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/**
 * The field of a settings path: `query.1.value` is the value in the second filled row of `query`.
 * @param {HTMLFormElement} form
 * @param {string} path
 * @returns {Field | null}
 */
export function fieldOf(form, path) {
  for (let parts = path.split("."); parts.length > 0; parts = parts.slice(0, -1)) {
    const found = named(form, parts);
    if (found) return found;
  }
  return null;
}

/**
 * @param {HTMLFormElement} form
 * @param {string[]} parts
 */
function named(form, parts) {
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
 * Rows left blank are not sent, so they are not counted.
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
  let list = /** @type {HTMLElement | null} */ (holder.nextElementSibling?.matches(".problems[data-of-field]") ? holder.nextElementSibling : null);
  if (!list) {
    list = Object.assign(document.createElement("ul"), { className: "problems" });
    list.dataset.ofField = "";
    holder.after(list);
  }
  list.append(problem);
  field.closest("details")?.setAttribute("open", "");
  if (problem.classList.contains("error")) field.setAttribute("aria-invalid", "true");
  list.id ||= `problems-of-${crypto.randomUUID()}`;
  field.setAttribute("aria-describedby", list.id);
}

/**
 * A click on the place of a problem selects it; a click on its edit makes the edit.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button
 * @returns {boolean} whether the button was one of a problem
 */
export function handleProblemClick(form, button) {
  const problem = /** @type {HTMLElement | null} */ (button.closest(".problem"));
  const field = problem && fieldOf(form, problem.dataset.field ?? "");
  if (!problem || !field || field instanceof HTMLSelectElement) return false;
  if ("showPlace" in button.dataset) {
    select(field, Number(problem.dataset.offset ?? 0), Number(problem.dataset.length ?? 0));
    return true;
  }
  if (button.dataset.editOffset === undefined) return false;
  select(field, Number(button.dataset.editOffset), Number(button.dataset.editLength ?? 0));
  replaceSelection(field, button.dataset.editText ?? "");
  return true;
}

/**
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {number} offset in code points of what the server saw
 * @param {number} length in code points
 */
function select(field, offset, length) {
  const text = field.value;
  const lead = field instanceof HTMLInputElement ? text.length - text.trimStart().length : 0; // sent without it
  const start = lead + units(text.slice(lead), offset);
  const end = start + units(text.slice(start), length);
  field.focus();
  field.setSelectionRange(start, end);
}

/**
 * UTF-16 units that so many code points take.
 * @param {string} text
 * @param {number} points
 */
function units(text, points) {
  let at = 0;
  for (; points > 0 && at < text.length; points -= 1) at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  return at;
}

/**
 * As typing would: it can be undone, and the form hears of it.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {string} text
 */
export function replaceSelection(field, text) {
  const before = field.value;
  // Deprecated, but the only way that keeps the undo history.
  const done = document.execCommand(text ? "insertText" : "delete", false, text);
  if (done && (field.value !== before || text === "")) return;
  field.setRangeText(text, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
