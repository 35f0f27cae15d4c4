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
    const place = form.querySelector("[data-leave], [aria-invalid]") ?? form.querySelector("input:not([type=hidden])");
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
 * Takes over the path at which a token was found, and tests the sign-in with it.
 * @param {HTMLElement} button
 * @returns {boolean}
 */
export function takeTokenPath(button) {
  const field = button.closest("form")?.querySelector("#token-path");
  if (button.dataset.takePath === undefined || !(field instanceof HTMLInputElement)) return false;
  fill(field, button.dataset.takePath);
  const test = /** @type {HTMLElement | null | undefined} */ (button.closest("form")?.querySelector("[data-test]"));
  test?.focus();
  test?.click();
  return true;
}

/** Fills in the path at which a test has found the token, where there is none; it is tried if the test has only seen it. */
export function takeFoundPath() {
  const field = document.getElementById("token-path");
  if (!(field instanceof HTMLInputElement) || field.value.trim()) return;
  const form = field.closest("form");
  const found = /** @type {HTMLElement | null | undefined} */ (form?.querySelector("[data-found-path]"));
  if (found) return fill(field, found.dataset.foundPath ?? "");
  const seen = /** @type {HTMLElement[]} */ ([...(form?.querySelectorAll("[data-take-path]") ?? [])]);
  const likely = seen.filter(({ dataset }) => !/refresh/i.test(dataset.takePath ?? ""));
  if (likely.length === 1) takeTokenPath(likely[0]);
}

/** @param {HTMLInputElement} field @param {string} text */
function fill(field, text) {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/**
 * Folds the list of kinds around the one that was chosen by pointer; whoever goes through it by arrow keys keeps it.
 * @param {MouseEvent} event
 */
export function chooseKind(event) {
  const chosen = /** @type {HTMLElement} */ (event.target).closest(".kind");
  const list = chosen?.closest("details");
  const radio = chosen?.querySelector("input");
  const name = list?.querySelector("[data-kind-name]");
  if (!list || !radio || !name) return;
  name.textContent = radio.dataset.kind ?? "";
  if (event.detail === 0) return;
  list.open = false;
  list.querySelector("summary")?.focus();
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
  return field.dataset.template?.startsWith("secret") ? secretsOf(field) : null;
}

/** @param {HTMLElement} field */
function secretsOf(field) {
  const inputs = /** @type {NodeListOf<HTMLInputElement> | undefined} */ (
    field.closest("form")?.querySelectorAll('input[name="secret.name"]')
  );
  const secrets = [...(inputs ?? [])].map(({ value }) => ({ name: `secret.${value}`, type: "Secret" }));
  const isRefresh = /** @type {HTMLInputElement} */ (field).name.startsWith("refresh.");
  return isRefresh ? [{ name: "token.refresh", type: "Token" }, ...secrets] : secrets;
}
