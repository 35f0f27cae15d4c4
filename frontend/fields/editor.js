/** An editor in place of a plain field of a form; the hidden field always has the same text. */

import { history, historyKeymap, indentLess, indentMore, standardKeymap } from "@codemirror/commands";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { functionList, insertCall, signatureHint, takesFunctions } from "./functions.js";
import { languageOf } from "./languages.js";
import { pills } from "./pills.js";
import { referenceMenu } from "./reference-menu.js";

/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */
/** @typedef {{ from: number, to: number, severity: "error" | "warning", message: string, fixes: { label: string, run: () => void }[] }} Mark */

const oneLine = [
  EditorView.lineWrapping,
  EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : transaction)),
  EditorView.clipboardInputFilter.of((text) => text.trim().replace(/\s*\n\s*/g, " ")),
  EditorView.contentAttributes.of({ "aria-multiline": "false" }),
  keymap.of([{ key: "Enter", run: () => true }]),
];
const manyLines = [
  EditorView.lineWrapping,
  keymap.of([
    { key: "Mod-]", run: indentMore },
    { key: "Mod-[", run: indentLess },
  ]),
];

/** @param {Field} field @returns {Record<string, string>} */
function lookOf(field) {
  return field instanceof HTMLInputElement
    ? { class: "in one-line" }
    : { class: "in lines", "data-rows": String(field.rows) };
}

export class FieldEditor {
  /**
   * @param {Field} field
   * @param {() => import("./references.js").Reference[]} offered
   * @param {string} nonce that the page's styles need
   */
  constructor(field, offered, nonce) {
    this.field = field;
    this.language = new Compartment();
    this.view = new EditorView({ doc: field.value, extensions: this.extensions(offered, nonce) });
    const hadFocus = document.activeElement === field;
    field.hidden = true;
    field.after(this.view.dom);
    const kind = field.dataset.template ?? "";
    if (takesFunctions(kind) && !field.matches(":disabled"))
      this.view.dom.after(functionList((one) => this.insertFunction(one)));
    this.takeLabel();
    field.addEventListener("input", () => this.updateText());
    if (hadFocus) this.focus();
  }

  /**
   * @param {() => import("./references.js").Reference[]} offered
   * @param {string} nonce
   */
  extensions(offered, nonce) {
    const { field } = this;
    const kind = field.dataset.template ?? "";
    return [
      EditorView.cspNonce.of(nonce),
      EditorView.editorAttributes.of(lookOf(field)),
      EditorView.contentAttributes.of({ tabindex: "0" }), // a read-only editor, too, is scrolled by keyboard
      field instanceof HTMLInputElement ? Prec.high(oneLine) : manyLines,
      referenceMenu(kind, offered),
      pills,
      this.language.of(this.languageOfField()),
      takesFunctions(kind) ? signatureHint : [],
      history(),
      keymap.of([...historyKeymap, ...standardKeymap]),
      EditorState.readOnly.of(field.matches(":disabled")),
      EditorView.editable.of(!field.matches(":disabled")),
      EditorView.updateListener.of(({ docChanged }) => docChanged && this.updateField()),
    ];
  }

  languageOfField() {
    return [languageOf(this.field.dataset.template ?? ""), placeholder(this.field.placeholder)];
  }

  /** Takes over the kind of template and the example of the field after something else has set them. */
  updateLanguage() {
    this.view.dispatch({ effects: this.language.reconfigure(this.languageOfField()) });
  }

  /** Moves the label of the field to the editor. */
  takeLabel() {
    const { field } = this;
    const { contentDOM } = this.view;
    if (field.id) contentDOM.id = `${field.id}-text`;
    const label = field.labels?.[0];
    if (label) {
      label.id ||= `${field.id}-label`;
      label.removeAttribute("for");
      label.addEventListener("click", () => this.focus());
      contentDOM.setAttribute("aria-labelledby", label.id);
    } else contentDOM.setAttribute("aria-label", field.getAttribute("aria-label") ?? field.name);
    field.removeAttribute("aria-label");
    this.describe(field.getAttribute("aria-describedby"));
  }

  /** @param {string | null} id of the words about it */
  describe(id) {
    const { contentDOM } = this.view;
    if (id) contentDOM.setAttribute("aria-describedby", id);
    else contentDOM.removeAttribute("aria-describedby");
  }

  updateField() {
    if (this.field.value === this.text) return;
    this.field.value = this.text;
    this.field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  /** Takes over the text of the field after something else has set it. */
  updateText() {
    const insert = this.field.value;
    if (insert !== this.text) this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert } });
  }

  get text() {
    return this.view.state.doc.toString();
  }

  focus() {
    this.view.focus();
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    this.view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    this.view.focus();
  }

  /** @param {number} from @param {number} to @param {string} insert */
  replace(from, to, insert) {
    this.view.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + insert.length },
      userEvent: "input.fix",
    });
    this.view.focus();
  }

  /** Puts a call in place of the selection. @param {import("./functions.js").FormulaFunction} one */
  insertFunction(one) {
    const { from, to } = this.view.state.selection.main;
    insertCall(this.view, one, from, to);
    this.view.focus();
  }

  /** Marks what is wrong with squiggles. @param {Mark[]} marks */
  mark(marks) {
    const { length } = this.view.state.doc;
    const inside = (/** @type {number} */ at) => Math.min(at, length);
    const diagnostics = marks.map(({ from, to, severity, message, fixes }) => ({
      from: inside(from),
      to: inside(Math.max(to, from + 1)),
      severity,
      message,
      actions: fixes.map(({ label, run }) => ({ name: label, apply: run })),
    }));
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
    const isWrong = this.field.getAttribute("aria-invalid") === "true";
    if (isWrong) this.view.contentDOM.setAttribute("aria-invalid", "true");
    else this.view.contentDOM.removeAttribute("aria-invalid");
    this.describe(this.field.getAttribute("aria-describedby"));
  }

  /** @param {Element} element */
  holds(element) {
    return this.view.dom.contains(element);
  }

  get isGone() {
    return !this.view.dom.isConnected;
  }

  end() {
    this.view.destroy();
  }
}
