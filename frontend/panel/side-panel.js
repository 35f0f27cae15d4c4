/** The side panel: it opens beside the grid, keeps what is typed until it is saved, and gives the focus back when it closes. */

import htmx from "htmx.org";

import { openRecipes, selectedRow } from "../grid/signals.js";
import { toast } from "../ui/notices.js";
import { handleFormatChoice } from "./body-format.js";
import { Changes } from "./changes.js";
import { askToLeave, ConnectionEditor, connectionReferences } from "./connection.js";
import { Draft } from "./draft.js";
import { Examples } from "./examples.js";
import { fetchEditor, fieldAround, focusField, upgradeFields } from "./fields.js";
import { KeptFocus } from "./kept-focus.js";
import { announceNewFields } from "./new-fields.js";
import { handleOpenapiClick } from "./openapi.js";
import { handleChipClick, handleMethodChoice, hideChips, revealUsed } from "./optional.js";
import { nextProblem, placeNewProblems } from "./problems.js";
import { fold, foldsOf } from "./sections.js";
import { makeWide, restoreSplitters } from "./splitter.js";
import { fetchStoredSoon } from "./stored-answer.js";
import { raiseTabs } from "./tabs.js";
import { fillTimeZone } from "./time-zone.js";
import { growTrees } from "./tree.js";
import { markEarlier } from "./waiting.js";

/** Shows what a button stands for, in its place. @param {HTMLElement} button @param {string} id */
function reveal(button, id) {
  const hidden = document.getElementById(id);
  if (!hidden) return;
  hidden.hidden = false;
  button.remove();
}

export class SidePanel {
  /** @param {HTMLElement} aside */
  constructor(aside) {
    this.aside = aside;
    this.changes = new Changes(() => this.form);
    /** @type {ConnectionEditor | null} */
    this.connection = null;
    /** @type {HTMLElement | null} */
    this.cameFrom = null;
    /** @type {HTMLElement | null} */
    this.current = null;
    /** @type {Draft | null} */
    this.draft = null;
    /** @type {Examples | null} */
    this.examples = null;
    this.scroll = 0;
    this.focusedId = "";
    this.keptFocus = new KeptFocus();
    /** Which sections were open before the form was saved. @type {Map<string, boolean>} */
    this.folds = new Map();
  }

  get title() {
    return /** @type {HTMLElement | null} */ (this.aside.querySelector("[data-panel-title]"));
  }

  get form() {
    return /** @type {HTMLFormElement | null} */ (this.aside.querySelector("#column-form"));
  }

  /** @param {string} address */
  async open(address) {
    if (!(await this.mayLeave())) return;
    if (this.aside.hidden) this.cameFrom = /** @type {HTMLElement | null} */ (document.activeElement);
    await fetchEditor();
    await htmx.ajax("GET", address, { target: "#panel", swap: "innerHTML", source: this.aside });
  }

  /** Sets up what was swapped in: the panel itself, or a part of it. */
  refresh() {
    const panel = /** @type {HTMLElement | null} */ (this.aside.querySelector("[data-panel]"));
    if (panel && panel !== this.current) this.begin(panel);
    this.upgrade();
    growTrees(this.aside);
    raiseTabs(this.aside);
    this.aside.querySelector("#sign-in-result:has(> *)")?.scrollIntoView({ block: "nearest" });
    for (const form of this.aside.querySelectorAll("form")) placeNewProblems(form);
    this.connection?.refresh();
    this.connection?.summarise();
    if (!this.aside.hidden) this.keptFocus.restore(this.title);
  }

  /** @param {HTMLElement} panel */
  begin(panel) {
    const fresh = this.current === null || this.current.dataset.columnId !== panel.dataset.columnId;
    this.current = panel;
    this.aside.hidden = false;
    restoreSplitters(panel);
    if (!fresh) fold(panel, this.folds);
    if (this.form) hideChips(this.form);
    this.connection = new ConnectionEditor(panel);
    this.examples = new Examples(panel);
    this.upgrade();
    fillTimeZone(panel);
    this.changes.start("unsaved" in panel.dataset);
    this.beginDraft(!("unsaved" in panel.dataset));
    for (const form of panel.querySelectorAll("form")) placeNewProblems(form);
    const columnId = Number(panel.dataset.columnId) || null;
    document.dispatchEvent(new CustomEvent("marl:panel-open", { detail: { columnId } }));
    this.focusFirst(fresh); // what covered it is gone by now
  }

  /** @param {boolean} saved whether the form shows what is stored: then nothing of the form before it is left */
  beginDraft(saved) {
    if (saved) this.draft?.forget();
    this.draft = this.form && new Draft(this.form);
    if (saved)
      this.draft?.offer(() => {
        if (this.form) revealUsed(this.form);
        this.upgrade();
      });
  }

  /** Turns plain fields with references into editors. */
  upgrade() {
    /** @type {import("./fields.js").Reference[]} */
    const columns = JSON.parse(this.current?.dataset.references ?? "[]");
    upgradeFields(this.aside, (field) => this.offered(field, columns));
  }

  /** @param {HTMLElement & { form: HTMLFormElement | null }} field @param {import("./fields.js").Reference[]} columns */
  offered(field, columns) {
    const named = connectionReferences(field);
    if (!named) return this.examples?.addTo(columns) ?? columns;
    return field.form === this.form ? (this.examples?.addToAnswer(named) ?? named) : named;
  }

  /**
   * Focuses the first problem; without one, restores the focus and the scroll position of before the form was saved.
   * @param {boolean} fresh
   */
  focusFirst(fresh) {
    const invalid = /** @type {HTMLElement | null} */ (this.aside.querySelector("[aria-invalid], [data-focus] button"));
    if (invalid) return focusField(invalid);
    const body = this.aside.querySelector(".panel-body");
    if (!fresh && body) body.scrollTop = this.scroll;
    const before = document.getElementById(this.focusedId);
    const start = before?.matches(":disabled") ? this.title : (before ?? this.title);
    start?.focus({ preventScroll: true });
  }

  /** Remembers focus and scroll position for when the same form comes back. */
  remember() {
    this.scroll = this.aside.querySelector(".panel-body")?.scrollTop ?? 0;
    this.folds = foldsOf(this.aside);
    this.keptFocus.remember(this.aside);
    this.focusedId = this.aside.contains(document.activeElement) ? (document.activeElement?.id ?? "") : "";
  }

  /** @returns {Promise<boolean>} */
  async mayLeave() {
    if (this.connection && !(await this.connection.close())) return false;
    if (!this.changes.any()) return true;
    const leaves = await askToLeave(this.current?.dataset.what ?? "column");
    if (leaves) this.draft?.forget();
    return leaves;
  }

  async close() {
    if (this.aside.hidden || !(await this.mayLeave())) return;
    this.aside.hidden = true;
    this.aside.replaceChildren();
    this.current = this.connection = this.draft = null;
    document.dispatchEvent(new CustomEvent("marl:panel-close"));
    const back = this.cameFrom?.checkVisibility() ? this.cameFrom : document.getElementById("sheet");
    back?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const field = /** @type {Element} */ (event.target);
    if (event.defaultPrevented || this.aside.hidden || !(this.aside.contains(field) || field === document.body)) return;
    if (event.key === "Escape" && !this.aside.querySelector(":popover-open, dialog[open]")) {
      event.preventDefault();
      void (this.connection?.isOpen ? this.connection.close() : this.close());
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const form = this.connection?.isOpen ? this.connection.sheet : this.aside;
      /** @type {HTMLButtonElement | null} */ (form.querySelector("[data-save]"))?.click();
    } else if (event.key === "F8") {
      const form = this.connection?.isOpen ? this.connection.form : this.form;
      if (form) nextProblem(form);
      event.preventDefault();
    } else if (event.key === "Enter" && field.matches("#column-form input")) {
      event.preventDefault(); // it would press the first button of the form
    }
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button"));
    if (!button) return;
    /** @type {HTMLElement | null} */ (button.closest("[popover]"))?.hidePopover(); // so that its button has the focus when the form comes back
    if ("closePanel" in button.dataset) void this.close();
    else if ("openGallery" in button.dataset) openRecipes();
    else if (button.dataset.openPanel) void this.open(button.dataset.openPanel);
    else if (button.dataset.reveal) reveal(button, button.dataset.reveal);
    else if ("startFromCurl" in button.dataset) this.startFromCurl();
    else if (button.dataset.showRow) this.showRow(Number(button.dataset.showRow));
    else if ("showSelected" in button.dataset) this.showSelectedRow();
    else if ("makeWide" in button.dataset) makeWide(this.aside);
    else if (!handleChipClick(button) && !handleOpenapiClick(button)) this.connection?.handleClick(button);
  }

  startFromCurl() {
    const address = /** @type {HTMLElement | null | undefined} */ (this.form?.querySelector("[data-paste-url]"));
    if (address) focusField(address);
    toast("Paste the cURL command as the address.");
  }

  showSelectedRow() {
    const row = selectedRow();
    if (row) this.showRow(row);
    else toast("That row was deleted.");
  }

  /**
   * Fills the whole form from a cURL command that is pasted as the address.
   * @param {ClipboardEvent} event
   */
  onPaste(event) {
    const field = /** @type {HTMLElement} */ (fieldAround(/** @type {Element} */ (event.target)));
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!this.form || !field.dataset.pasteUrl || !/^(\$ )?curl(\.exe)?\s/.test(text)) return;
    event.preventDefault();
    event.stopPropagation();
    const values = { curl: text };
    void htmx.ajax("POST", field.dataset.pasteUrl, { source: this.form, target: "#panel", swap: "innerHTML", values });
  }

  /** @param {Event} event */
  onInput(event) {
    const field = /** @type {HTMLElement} */ (event.target);
    if (this.form?.contains(field)) this.noteChange(field);
    handleFormatChoice(field);
    announceNewFields(event);
    handleMethodChoice(field);
    if (field.id === "column-connection") this.connection?.summarise();
    if (field instanceof HTMLInputElement && "rowNumber" in field.dataset) {
      const shown = this.aside.querySelector("[data-row-shown]");
      if (shown) shown.textContent = field.value || "1";
      const answer = /** @type {HTMLElement | null} */ (this.aside.querySelector("#test-result"));
      if (answer) fetchStoredSoon(answer);
    }
  }

  /** @param {HTMLElement} field of the column's form */
  noteChange(field) {
    this.draft?.keep(this.changes.any());
    const answer = this.aside.querySelector("#test-result");
    if (answer && !field.closest(".one-row")) markEarlier(answer);
  }

  /** Shows the request of another row. @param {number | null} number null when there is none to show */
  showRow(number) {
    const field = /** @type {HTMLInputElement | null} */ (this.aside.querySelector("[data-row-number]"));
    if (number === null) return toast("No other row would be sent.");
    if (!field) return;
    field.value = String(number);
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}
