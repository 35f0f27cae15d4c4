/**
 * Asks what an imported column needs in this table: the columns that it refers to, and a connection.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {{ id: number, name: string }} Choice
 * @typedef {{ name: string, kind: string, secrets: string[], url: string, choices: Choice[] }} Connection
 * @typedef {{ name: string, columns: { name: string, column: string | null }[], connection: Connection | null }} Needs
 * @typedef {{ columns: Record<string, string>, connection_id?: number, secrets?: Record<string, string>, confirm_host?: string }} Choices
 */

import { ApiError, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";

const NEW = "new";
const IMPORT = "Import column";

export class RecipeDialog {
  /** @param {Needs} needs @param {Column[]} columns @param {(choices: Choices) => Promise<void>} save */
  constructor(needs, columns, save) {
    this.needs = needs;
    this.columns = columns;
    this.save = save;
    this.host = "";
    this.dialog = make("dialog", "recipe");
    this.dialog.setAttribute("aria-labelledby", "recipe-title");
    this.form = make("form", { method: "dialog" });
    this.problem = make("p", { className: "problem", role: "alert", hidden: true });
    this.saveButton = make("button", "btn primary", IMPORT);
  }

  open() {
    const { name, columns, connection } = this.needs;
    const missing = columns.filter((column) => !column.column);
    const present = columns.filter((column) => column.column).map((column) => `“${column.name}”`);
    this.form.append(make("h2", { id: "recipe-title" }, `Import “${name}”`));
    if (present.length) this.form.append(make("p", "hint", `Found here: ${present.join(", ")}.`));
    if (missing.length) {
      const text = "It uses columns that this table doesn't have. Choose what to use instead:";
      this.form.append(make("p", "", text), ...missing.map((column) => this.#columnField(column.name)));
    }
    if (connection) this.form.append(...this.#connectionFields(connection));
    const cancel = button("Cancel", "btn", () => this.dialog.close());
    this.form.append(this.problem, make("div", "buttons", cancel, this.saveButton));
    this.form.addEventListener("submit", (event) => void this.#submit(event));
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.append(this.form);
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  /** @param {string} name that the file refers to */
  #columnField(name) {
    const select = make("select", { className: "in", name: `column:${name}`, required: true });
    select.append(
      new Option("Choose a column", ""),
      ...this.columns.map((column) => new Option(column.name, column.name)),
    );
    return field(name, select);
  }

  /** @param {Connection} connection @returns {HTMLElement[]} */
  #connectionFields({ name, url, secrets, choices }) {
    const select = make("select", { className: "in", name: "connection" });
    select.append(
      ...choices.map((choice) => new Option(choice.name, String(choice.id), false, choice.name === name)),
      new Option(`New: ${name}`, NEW, false, !choices.length),
      new Option("No sign-in", ""),
    );
    const hint = url ? `Its secrets are sent to ${url}.` : "Its secrets are not in the file.";
    const box = make("div", "secrets", make("p", "hint", hint));
    for (const secret of secrets) {
      const input = make("input", { className: "in", type: "password", name: `secret:${secret}`, autocomplete: "off" });
      box.append(field(secret, input));
    }
    const show = () => {
      box.hidden = select.value !== NEW;
    };
    select.addEventListener("change", show);
    show();
    return [field("Connection", select), box];
  }

  /** @returns {Choices} */
  #choices() {
    /** @type {Choices} */
    const choices = { columns: {} };
    /** @type {Record<string, string>} */
    const secrets = {};
    const form = new FormData(this.form);
    for (const [key, value] of form) {
      const [kind, ...rest] = key.split(":");
      if (kind === "column") choices.columns[rest.join(":")] = String(value);
      if (kind === "secret") secrets[rest.join(":")] = String(value);
    }
    const connection = form.get("connection");
    if (connection === NEW) choices.secrets = secrets;
    else if (connection) choices.connection_id = Number(connection);
    if (this.host) choices.confirm_host = this.host;
    return choices;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.saveButton.disabled = true;
    try {
      await this.save(this.#choices());
      this.dialog.close();
    } catch (error) {
      this.#showProblem(error);
    }
    this.saveButton.disabled = false;
  }

  /** Shows why the column was not imported; the user decides where credentials may be sent. @param {unknown} error */
  #showProblem(error) {
    const details = error instanceof ApiError ? error.details : [];
    const host =
      details.find((/** @type {{ field: string }} */ detail) => detail.field === "confirm_host")?.reference ?? "";
    this.host = host;
    this.problem.textContent = host
      ? `This would send the connection's credentials to ${host}. Import again to allow it.`
      : reasonOf(error);
    this.problem.hidden = false;
    this.saveButton.textContent = host ? `Allow ${host} and import` : IMPORT;
  }
}

/** @param {string} text @param {HTMLElement} input */
const field = (text, input) => make("label", "field", make("span", "", text), input);
