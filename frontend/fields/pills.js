/** Shows a reference as one pill: the caret passes it and deletes it as a unit, a double click or F2 opens it for editing. */

import { forEachDiagnostic, setDiagnosticsEffect } from "@codemirror/lint";
import { EditorSelection, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, ViewPlugin, WidgetType } from "@codemirror/view";
import { make } from "../ui/elements.js";

import { findReferences } from "./references.js";

/** @typedef {import("./references.js").Occurrence} Occurrence */

class Pill extends WidgetType {
  /** @param {string} name @param {string} severity of a problem that it has */
  constructor(name, severity) {
    super();
    this.name = name;
    this.severity = severity;
  }

  /** @param {Pill} other @override */
  eq(other) {
    return other.name === this.name && other.severity === this.severity;
  }

  /** @override */
  toDOM() {
    return make("span", { className: `pill ${this.severity}`, title: "Double click or F2 to edit" }, this.name);
  }

  /** @override */
  ignoreEvent() {
    return false;
  }
}

/** @type {import("@codemirror/state").StateEffectType<Occurrence>} */
const open = StateEffect.define();

/** The one reference that is shown as text, until the caret leaves it. @type {StateField<{ from: number, to: number } | null>} */
const opened = StateField.define({
  create: () => /** @type {{ from: number, to: number } | null} */ (null),
  update(now, transaction) {
    for (const effect of transaction.effects) if (effect.is(open)) return effect.value;
    if (!now) return null;
    const moved = { from: transaction.changes.mapPos(now.from, -1), to: transaction.changes.mapPos(now.to, 1) };
    const { head } = transaction.state.selection.main;
    return head > moved.from && head < moved.to ? moved : null;
  },
});

/** @param {import("@codemirror/state").EditorState} state */
function draw(state) {
  const text = state.field(opened, false);
  const closed = findReferences(state.doc.toString()).filter(
    ({ name, from }) => name && !(text && from >= text.from && from < text.to),
  );
  return Decoration.set(
    closed.map(({ from, to, name }) =>
      Decoration.replace({ widget: new Pill(name, severityAt(state, from, to)) }).range(from, to),
    ),
  );
}

/** @param {import("@codemirror/state").EditorState} state @param {number} from @param {number} to */
function severityAt(state, from, to) {
  let severity = "";
  forEachDiagnostic(state, (problem, start, end) => {
    if (start < to && end > from && severity !== "error") severity = problem.severity;
  });
  return severity;
}

const drawn = ViewPlugin.fromClass(
  class {
    /** @param {EditorView} view */
    constructor(view) {
      this.decorations = draw(view.state);
    }

    /** @param {import("@codemirror/view").ViewUpdate} update */
    update({ state, startState, docChanged, transactions }) {
      const marked = transactions.some(({ effects }) => effects.some((effect) => effect.is(setDiagnosticsEffect)));
      if (docChanged || marked || state.field(opened) !== startState.field(opened)) this.decorations = draw(state);
    }
  },
  {
    decorations: (plugin) => plugin.decorations,
    provide: (plugin) => EditorView.atomicRanges.of((view) => view.plugin(plugin)?.decorations ?? Decoration.none),
  },
);

/** @param {EditorView} view @param {number} from @param {number} to of the caret or selection */
function openAt(view, from, to) {
  const references = findReferences(view.state.doc.toString());
  const reference = references.find((other) => other.name && other.from <= to && other.to >= from);
  if (!reference || view.state.readOnly) return false;
  const selection = EditorSelection.single(reference.from + 2, reference.to - 2);
  view.dispatch({ effects: open.of(reference), selection });
  return true;
}

/** @param {EditorView} view */
function openAtCaret(view) {
  const { from, to } = view.state.selection.main;
  return openAt(view, from, to);
}

export const pills = [
  opened,
  drawn,
  keymap.of([{ key: "F2", run: openAtCaret }]),
  EditorView.domEventHandlers({
    dblclick(event, view) {
      const pill = /** @type {Element} */ (event.target).closest(".pill");
      if (!pill) return false;
      const at = view.posAtDOM(pill);
      return openAt(view, at + 1, at + 1);
    },
  }),
];
