/** The connection of a column: selected, created and edited inside the panel. */

import htmx from "htmx.org";
import { ask } from "../ui/ask.js";
import { make } from "../ui/elements.js";
import { Changes } from "./changes.js";
import { focusField } from "./fields.js";

/** The form of a connection, laid over the form of its column. */
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
   * @returns {boolean} whether it is a button of the connection
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

  /** Shows the form that the server sent, new or with its problems. */
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
    if (this.changes.any() && !(await askToLeave("connection"))) return false;
    this.hide();
    this.opener?.isConnected && this.opener.focus();
    return true;
  }

  /** Closes the form after the connection was saved; the server has sent the select with it selected. */
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
    const option = this.select?.selectedOptions[0];
    const edit = /** @type {HTMLButtonElement | null} */ (this.panel.querySelector("[data-edit-connection]"));
    if (edit) edit.hidden = !this.select?.value;
    const words = this.panel.querySelector("[data-connection-summary]");
    if (!words) return;
    words.replaceChildren();
    if (!option?.value) return;
    if (option.dataset.tokenAt) words.append("Token at ", make("code", "", option.dataset.tokenAt), " · ");
    words.append("sent as ", make("code", "", option.dataset.sentAs ?? ""));
  }

  get select() {
    return /** @type {HTMLSelectElement | null} */ (this.panel.querySelector("#column-connection"));
  }

  get columnForm() {
    return /** @type {HTMLFormElement} */ (this.panel.querySelector("#column-form"));
  }
}

/**
 * Takes over the path at which the token was found.
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

/** Asks whether changes may be discarded. @param {string} what has them @returns {Promise<boolean>} */
export function askToLeave(what) {
  return ask({
    title: "Close without saving?",
    text: `Your changes to this ${what} aren't saved.`,
    confirm: "Discard",
    cancel: "Keep editing",
    danger: true,
  });
}

/** Returns what a field of a connection can refer to; null if it is not one. @param {HTMLElement} field */
export function connectionReferences(field) {
  if (field.dataset.template === "answer") {
    return ["status", "body", "headers"].map((name) => ({ name, type: "Answer" }));
  }
  return field.dataset.template === "secrets" ? secretsOf(field) : null;
}

/** @param {HTMLElement} field */
function secretsOf(field) {
  const inputs = /** @type {NodeListOf<HTMLInputElement> | undefined} */ (
    field.closest("form")?.querySelectorAll('input[name="secret.name"]')
  );
  return [...(inputs ?? [])].map(({ value }) => ({ name: `secret.${value}`, type: "Secret" }));
}
