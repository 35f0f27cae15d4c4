/** The functions of formulas: offered while one types a name, explained inside a call, and listed below the editor. */

import { pickedCompletion } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import { showTooltip } from "@codemirror/view";
import groups from "../formulas/functions.js";
import { make } from "../ui/elements.js";

/** @typedef {{ name: string, signature: string, says: string, example: string, result: unknown }} FormulaFunction */

export const FUNCTIONS = groups.flatMap(({ functions }) => functions);
const KINDS = ["formula", "default", "run_if", "answer"];
const IN_TEXT = /String|Comment|RegExp/;
const LEAST_TYPED = 2; // a single letter is more often the name of a list's item

/** Says whether a kind of template is a formula. @param {string} kind */
export const takesFunctions = (kind) => KINDS.includes(kind);

/** Offers the functions whose names begin with what is typed.
 * @param {import("@codemirror/autocomplete").CompletionContext} context
 * @returns {import("@codemirror/autocomplete").CompletionResult | null} */
export function functionsHere({ state, pos, explicit }) {
  if (IN_TEXT.test(syntaxTree(state).resolveInner(pos, -1).name)) return null;
  const typed = /(?<![\w$.}])[A-Za-z_][\w.]*$/.exec(state.sliceDoc(0, pos))?.[0] ?? "";
  if (typed.length < LEAST_TYPED && !(explicit && typed)) return null;
  const start = typed.toLowerCase();
  const options = FUNCTIONS.filter(({ name }) => name.toLowerCase().startsWith(start))
    .sort((one, other) => one.name.length - other.name.length)
    .map(optionOf);
  return options.length ? { from: pos - typed.length, options, filter: false } : null;
}

/** @param {FormulaFunction} one @returns {import("@codemirror/autocomplete").Completion} */
export function optionOf(one) {
  return {
    label: one.name,
    detail: one.signature.slice(one.name.length),
    type: "function",
    info: () => explanation(one),
    apply: (view, completion, from, to) => insertCall(view, one, from, to, pickedCompletion.of(completion)),
  };
}

/** Writes a call with the caret between its brackets.
 * @param {import("@codemirror/view").EditorView} view @param {FormulaFunction} one @param {number} from @param {number} to
 * @param {import("@codemirror/state").Annotation<any>} [annotations] */
export function insertCall(view, { name, signature }, from, to, annotations) {
  const isCalled = view.state.sliceDoc(to, to + 1) === "(";
  const isFull = signature === `${name}()` && !isCalled;
  view.dispatch({
    changes: { from, to, insert: isCalled ? name : `${name}()` },
    selection: { anchor: from + name.length + (isFull ? 2 : 1) },
    annotations,
    userEvent: "input.complete",
  });
}

/** @param {FormulaFunction} one */
function explanation({ says, example, result }) {
  const dom = make("div", { className: "function-help" });
  dom.append(make("p", {}, `${says}.`), exampleOf(example, result));
  return dom;
}

/** @param {string} example @param {unknown} result */
function exampleOf(example, result) {
  const line = make("p", { className: "function-example" });
  line.append(make("code", {}, example), " → ", make("code", {}, JSON.stringify(result)));
  return line;
}

/** Shows how the function is called whose brackets are around the caret. */
export const signatureHint = showTooltip.compute(["doc", "selection"], (state) => {
  const { head, empty } = state.selection.main;
  if (!empty) return null;
  for (
    let node = /** @type {import("@lezer/common").SyntaxNode | null} */ (syntaxTree(state).resolveInner(head, -1));
    node;
    node = node.parent
  ) {
    if (node.name !== "ArgList" || head <= node.from || !node.parent) continue;
    const called = state.sliceDoc(node.parent.from, node.from).trim();
    const known = FUNCTIONS.find(({ name }) => name === called);
    if (known) return { pos: node.parent.from, above: true, create: () => ({ dom: signature(known) }) };
  }
  return null;
});

/** @param {FormulaFunction} one */
function signature(one) {
  const dom = make("div", { className: "function-help signature" });
  dom.append(make("p", {}, make("code", {}, one.signature)), ...explanation(one).children);
  return dom;
}

/** Makes a list of all functions that can be searched; `choose` gets the one that is pressed.
 * @param {(one: FormulaFunction) => void} choose */
export function functionList(choose) {
  const list = make("ul", { className: "function-names" });
  const search = make("input", { type: "search", className: "in", placeholder: "Search functions" });
  search.setAttribute("aria-label", "Search functions");
  const none = make("p", { className: "hint", hidden: true, role: "status" }, "No function matches.");
  for (const { group, functions } of groups) list.append(...functions.map((one) => entry(one, group, choose)));
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // a search is no change of the form
    none.hidden = narrow(list, search.value);
  });
  const details = make("details", { className: "function-list" });
  details.append(make("summary", {}, "Functions"), search, list, none);
  return details;
}

/** @param {FormulaFunction} one @param {string} group @param {(one: FormulaFunction) => void} choose */
function entry(one, group, choose) {
  const button = make("button", { type: "button", className: "function-name" });
  button.append(make("code", {}, one.signature), make("span", {}, one.says), exampleOf(one.example, one.result));
  button.addEventListener("click", () => choose(one));
  const item = make("li", {}, button);
  item.dataset.words = `${one.name} ${one.says} ${group}`.toLowerCase();
  return item;
}

/** Hides what doesn't match, and says whether anything does. @param {HTMLElement} list @param {string} text */
function narrow(list, text) {
  const words = text.toLowerCase().split(/\s+/);
  let found = false;
  for (const item of /** @type {Iterable<HTMLElement>} */ (list.children)) {
    item.hidden = !words.every((word) => item.dataset.words?.includes(word));
    found ||= !item.hidden;
  }
  return found;
}
