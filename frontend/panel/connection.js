/** The connection of a column: chosen, made and edited inside the panel. */

import htmx from "htmx.org";
import { ask } from "../ui/ask.js";
import { make } from "../ui/elements.js";
import { Changes } from "./changes.js";
import { focusField } from "./fields.js";

/** Below a column's panel: one form over the other. */
export class ConnectionEditor {
  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    this.sheet = /** @type {HTMLElement} */ (panel.querySelector("#connection-editor"));
    this.changes = new Changes(() => this.sheet.querySelector("form"));
    /** @type {HTMLFormElement | null} */
    this.form = null;
    /** @type {HTMLElement | null} */
    this.opener = null;
  }

  get isOpen() {
    return !this.sheet.hidden;
  }

  /**
   * @param {HTMLElement} button
   * @returns {boolean} whether the button was one of the connection
   */
  handleClick(button) {
    if ("newConnection" in button.dataset) void this.open("/connections/new", button);
    else if ("editConnection" in button.dataset) void this.open(`/connections/${this.select?.value}/edit`, button);
    else if ("closeConnection" in button.dataset) void this.close();
    else return false;
    return true;
  }

  /**
   * @param {string} address
   * @param {HTMLElement} opener
   */
  async open(address, opener) {
    this.opener = opener;
    await htmx.ajax("GET", address, { target: "#connection-editor", swap: "innerHTML", source: this.sheet });
  }

  /** Shows the form that has come from the server, new or with its problems. */
  refresh() {
    const form = this.sheet.querySelector("form");
    if (!form || form === this.form) return;
    this.form = form;
    this.sheet.hidden = false;
    this.columnForm.inert = true;
    this.changes.start("unsaved" in form.dataset);
    const place = form.querySelector("[aria-invalid]") ?? form.querySelector("input:not([type=hidden])");
    if (place instanceof HTMLElement) focusField(place);
  }

  /** @returns {Promise<boolean>} false when the user stays */
  async close() {
    if (!this.isOpen) return true;
    if (this.changes.any() && !(await leave("connection"))) return false;
    this.hide();
    this.opener?.isConnected && this.opener.focus();
    return true;
  }

  /** The connection was saved, and the select has come with it chosen. */
  saved() {
    this.hide();
    this.summarise();
    this.select?.focus();
    this.select?.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  hide() {
    this.sheet.hidden = true;
    this.sheet.replaceChildren();
    this.form = null;
    this.columnForm.inert = false;
  }

  /** Says below the select where the token is and how it is sent. */
  summarise() {
    const chosen = this.select?.selectedOptions[0];
    const edit = /** @type {HTMLButtonElement | null} */ (this.panel.querySelector("[data-edit-connection]"));
    if (edit) edit.hidden = !this.select?.value;
    const words = this.panel.querySelector("[data-connection-summary]");
    if (!words) return;
    words.replaceChildren();
    if (!chosen?.value) return;
    if (chosen.dataset.tokenAt) words.append("Token at ", make("code", "", chosen.dataset.tokenAt), " · ");
    words.append("sent as ", make("code", "", chosen.dataset.sentAs ?? ""));
  }

  get select() {
    return /** @type {HTMLSelectElement | null} */ (this.panel.querySelector("#column-connection"));
  }

  get columnForm() {
    return /** @type {HTMLFormElement} */ (this.panel.querySelector("#column-form"));
  }
}

/**
 * One click takes the place where the token was found.
 * @param {HTMLElement} button
 * @returns {boolean}
 */
export function takeTokenPath(button) {
  const field = button.closest("form")?.querySelector("#token-path");
  if (button.dataset.takePath === undefined || !(field instanceof HTMLInputElement)) return false;
  field.value = button.dataset.takePath;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  field.focus();
  return true;
}

/**
 * @param {string} what
 * @returns {Promise<boolean>}
 */
export function leave(what) {
  return ask({
    title: "Close without saving?",
    text: `The changes to this ${what} are not saved.`,
    confirm: "Discard changes",
    danger: true,
  });
}
