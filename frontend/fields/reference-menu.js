/**
 * The menu of references: "/", "{{" or a dot after a reference opens it, typing filters it, Enter or Tab puts the reference
 * in. → opens the fields of an answer, ← goes back. In formulas it offers functions, too, while one types a name.
 */

import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionStatus,
  currentCompletions,
  pickedCompletion,
  selectedCompletion,
  selectedCompletionIndex,
  setSelectedCompletion,
} from "@codemirror/autocomplete";
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { choices } from "./choices.js";
import { FUNCTIONS, functionsHere, optionOf, takesFunctions } from "./functions.js";
import { isFilter, openingAt } from "./openings.js";
import { split, writeReference } from "./references.js";

/**
 * @typedef {import("./references.js").Reference} Reference
 * @typedef {import("./openings.js").Opening} Opening
 * @typedef {import("./choices.js").Choice} Choice
 * @typedef {import("./choices.js").Place} Place
 * @typedef {Opening & { kind: string, references: Reference[], isAsked?: boolean }} Menu
 * @typedef {import("@codemirror/autocomplete").Completion & { choice?: Choice, menu?: Menu }} Option
 * @typedef {{ at: number, places: Place[] }} Levels those opened one after the other, for the filter that begins at `at`
 */

const NO_OBJECTS = ["url", "value"]; // kinds of template that an object has no place in: its fields are offered instead

/** @type {import("@codemirror/state").StateEffectType<Levels>} */
const setLevels = StateEffect.define();

/** @type {Levels} */
const NO_LEVELS = { at: -1, places: [] };

/** @type {StateField<Levels>} */
const levels = StateField.define({
  create: () => NO_LEVELS,
  update(now, transaction) {
    for (const effect of transaction.effects) if (effect.is(setLevels)) return effect.value;
    const isOpen = completionStatus(transaction.startState) !== null;
    return isOpen ? now : NO_LEVELS;
  },
});

/** @param {string} kind of template @param {() => Reference[]} offered */
export function referenceMenu(kind, offered) {
  return [
    levels,
    autocompletion({
      override: [source(kind, offered)],
      icons: false,
      addToOptions: [
        { render: renderIcon, position: 20 },
        { render: renderOpener, position: 90 },
      ],
      optionClass: (/** @type {Option} */ { choice }) => (choice && !choice.text ? "only-said" : ""),
      maxRenderedOptions: 50,
      selectOnOpen: false,
      activateOnTypingDelay: 0,
      interactionDelay: 0, // the user asked for the menu, so Enter counts at once
    }),
    EditorState.phrases.of({ Completions: "Columns and their fields" }),
    selectsFirst,
    Prec.highest(
      keymap.of([
        { key: "Tab", run: acceptCompletion },
        { key: "Enter", run: closePath },
        { key: "ArrowRight", run: openSelected },
        { key: "ArrowLeft", run: goBack },
      ]),
    ),
  ];
}

/**
 * Selects the first choice, but not after the slash of a path, where Enter and Tab leave what was typed. A menu that comes
 * after somebody has gone on to another field closes.
 */
const selectsFirst = EditorView.updateListener.of(({ view, state, startState }) => {
  const options = currentCompletions(state);
  if (!options.length || options === currentCompletions(startState) || selectedCompletionIndex(state) !== null) return;
  if (!view.hasFocus) closeCompletion(view);
  else if (!(/** @type {Option} */ (options[0]).menu?.inPath)) view.dispatch({ effects: setSelectedCompletion(0) });
});

/** @param {EditorView} view */
function closePath(view) {
  const isOpen = completionStatus(view.state) === "active" && currentCompletions(view.state).length > 0;
  return isOpen && selectedCompletion(view.state) === null && closeCompletion(view);
}

/** @param {EditorView} view */
function openSelected(view) {
  const option = /** @type {Option | null} */ (selectedCompletion(view.state));
  return option !== null && open(view, option);
}

/** @param {EditorView} view @param {Option} option @returns {boolean} */
function open(view, { choice, menu }) {
  if (!choice?.opens || !menu) return false;
  const { at, places } = view.state.field(levels);
  const above = at === menu.typed ? places : [];
  return goTo(view, menu.typed, [...above, choice.opens], `Fields of ${choice.label}. Left arrow goes back.`);
}

/** @param {EditorView} view */
function goBack(view) {
  const { at, places } = view.state.field(levels);
  if (completionStatus(view.state) !== "active" || !places.length) return false;
  return goTo(view, at, places.slice(0, -1), places.length > 1 ? `Fields of ${places.at(-2)?.name}` : "Columns");
}

/** Offers another level; what was typed has filtered the one before. @param {EditorView} view @param {number} at @param {Place[]} places @param {string} words for screen readers */
function goTo(view, at, places, words) {
  view.dispatch({
    changes: { from: at, to: view.state.selection.main.head },
    effects: [setLevels.of({ at, places }), EditorView.announce.of(words)],
    userEvent: "input.type", // so that the menu stays open
  });
  return true;
}

/**
 * @param {string} kind @param {() => Reference[]} offered
 * @returns {import("@codemirror/autocomplete").CompletionSource}
 */
function source(kind, offered) {
  return (context) => {
    const { state, pos, explicit } = context;
    const opening = openingAt(state.sliceDoc(0, pos), state.sliceDoc(pos), kind);
    const functions = !opening && takesFunctions(kind) ? functionsHere(context) : null;
    if (functions) return functions;
    if (!opening && !explicit) return null;
    return result(state, pos, {
      kind,
      references: offered(),
      ...(opening ?? { from: pos, typed: pos, isAsked: true }),
    });
  };
}

/**
 * @param {EditorState} state @param {number} pos @param {Menu} menu
 * @returns {import("@codemirror/autocomplete").CompletionResult | null}
 */
function result(state, pos, menu) {
  const filter = state.sliceDoc(menu.typed, pos);
  if (!isFilter(filter)) return null;
  const offered = choices(menu.references, levelAt(state, menu), filter);
  const headings = [...new Set(offered.map(({ section }) => section))];
  const options = offered.map((choice) => optionFor(choice, menu, headings.indexOf(choice.section)));
  return {
    from: menu.typed,
    options: [...options, ...(menu.isAsked && takesFunctions(menu.kind) ? functionsLike(filter) : [])],
    filter: false,
    getMatch: (/** @type {Option} */ { choice }) => (filter && choice?.match) || [],
    update: (_now, from, _to, context) => result(context.state, context.pos, { ...menu, typed: from }),
  };
}

/** @param {string} filter */
const functionsLike = (filter) =>
  FUNCTIONS.filter(({ name }) => name.toLowerCase().startsWith(filter.toLowerCase())).map((one) => ({
    ...optionOf(one),
    section: { name: "Functions", rank: 99, header: renderHeading },
  }));

/** Returns what the fields are of that are offered; null for the columns. @param {EditorState} state @param {Menu} menu */
function levelAt(state, { typed, inside, references }) {
  const { at, places } = state.field(levels);
  const last = at === typed ? places.at(-1) : undefined;
  const names = references.map(({ name }) => name);
  return last ?? (inside === undefined ? null : split(inside, names));
}

/** @param {Choice} choice @param {Menu} menu @param {number} rank of its section @returns {Option} */
function optionFor(choice, menu, rank) {
  const { label, detail } = choice;
  const section = choice.section ? { name: choice.section, rank, header: renderHeading } : undefined;
  return { label, detail, section, choice, menu, type: "column", apply: take };
}

/** Puts the reference in, or opens the fields of an object where it has no place. @type {(view: EditorView, option: Option, from: number, to: number) => void} */
function take(view, option, _from, to) {
  const { choice, menu } = option;
  if (!choice?.text || !menu) return;
  if (choice.isObject && NO_OBJECTS.includes(menu.kind) && open(view, option)) return;
  const rest = menu.inBraces ? (/^[^{}\n]*\}\}/.exec(view.state.sliceDoc(to))?.[0].length ?? 0) : 0;
  const insert = writeReference(choice.text);
  view.dispatch({
    changes: { from: menu.from, to: to + rest, insert },
    selection: { anchor: menu.from + insert.length },
    annotations: pickedCompletion.of(option),
    userEvent: "input.complete",
  });
}

/** @param {{ name: string }} section */
const renderHeading = ({ name }) => make("li", { className: "menu-heading", role: "presentation" }, name);

/** @param {Option} option */
function renderIcon({ choice }) {
  return choice?.icon ? icon(choice.icon) : null;
}

/** The sign of what can be opened, which opens it, too. @param {Option} option @param {EditorState} _state @param {EditorView} view */
function renderOpener(option, _state, view) {
  if (!option.choice?.opens) return null;
  const opener = make("span", "opener", icon("next"), make("span", "visually-hidden", ", right arrow opens"));
  opener.addEventListener("mousedown", (event) => {
    event.preventDefault();
    event.stopPropagation(); // it would put the reference in
    open(view, option);
  });
  return opener;
}
