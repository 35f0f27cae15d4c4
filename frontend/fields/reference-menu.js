/** The menu of columns: "/" or "{{" opens it, typing filters it, Enter or Tab replaces both by the reference. */

import { acceptCompletion, autocompletion, pickedCompletion, selectedCompletion } from "@codemirror/autocomplete";
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";

import { writeReference } from "./references.js";

/** @typedef {import("./references.js").Reference} Reference */
/** @typedef {{ from: number, typed: number, inBraces?: boolean, type: string }} Opening where the reference goes, and where its filter begins */

const AFTER_SLASH = "after-slash"; // the slash of a path stays, and Tab still leaves the field

/** @param {string} kind of template @param {() => Reference[]} offered */
export function referenceMenu(kind, offered) {
  return [
    autocompletion({
      override: [source(kind, offered)],
      icons: false,
      maxRenderedOptions: 50,
      activateOnTypingDelay: 0,
      interactionDelay: 0, // the user asked for the menu, so Enter counts at once
    }),
    Prec.highest(keymap.of([{ key: "Tab", run: acceptUnlessInPath }])),
  ];
}

/** @param {import("@codemirror/view").EditorView} view */
function acceptUnlessInPath(view) {
  const completion = selectedCompletion(view.state);
  return completion !== null && completion.type !== AFTER_SLASH && acceptCompletion(view);
}

/**
 * @param {string} kind @param {() => Reference[]} offered
 * @returns {import("@codemirror/autocomplete").CompletionSource}
 */
function source(kind, offered) {
  return ({ state, pos, explicit }) => {
    const opening = openingAt(state.sliceDoc(0, pos), state.sliceDoc(pos), kind);
    const place = opening ?? (explicit ? { from: pos, typed: pos, type: "column" } : null);
    if (!place) return null;
    return {
      from: place.typed,
      options: offered().map(({ name, type }) => ({
        label: name,
        detail: type,
        type: place.type,
        apply: applyAt(place, name),
      })),
      validFor: /^[^\n"{}/]*$/,
    };
  };
}

/**
 * @param {Opening} place @param {string} name
 * @returns {import("@codemirror/autocomplete").Completion["apply"]}
 */
function applyAt(place, name) {
  return (view, completion, _from, to) => {
    const rest = place.inBraces ? (/^[^{}\n]*\}\}/.exec(view.state.sliceDoc(to))?.[0].length ?? 0) : 0;
    const text = writeReference(name);
    view.dispatch({
      changes: { from: place.from, to: to + rest, insert: text },
      selection: { anchor: place.from + text.length },
      annotations: pickedCompletion.of(completion),
      userEvent: "input.complete",
    });
  };
}

/**
 * @param {string} before @param {string} after the caret @param {string} kind
 * @returns {Opening | null}
 */
function openingAt(before, after, kind) {
  const braces = /\{\{(?!\{)[^{}\n]*$/.exec(before);
  if (braces) return { from: braces.index, typed: braces.index + 2, inBraces: true, type: "column" };
  const slash = /\/(?!\s)[^\n"{}/]*$/.exec(before)?.index;
  if (slash === undefined) return null;
  const lead = before.slice(0, slash);
  if (/(^|[a-z]):\/?$/i.test(lead)) return null; // of https://
  if (kind === "url" && after === "" && /^\s*https?:\/\/[^?#]*[^/?#]$/i.test(lead))
    return { from: slash + 1, typed: slash + 1, type: AFTER_SLASH };
  return /(^|[\s"'([{,:=&?>+])$/.test(lead) ? { from: slash, typed: slash + 1, type: "column" } : null;
}
