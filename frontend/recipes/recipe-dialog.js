/**
 * What an imported column needs here: the columns that it refers to, and who signs in.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {{ id: number, name: string }} Choice
 * @typedef {{ name: string, kind: string, secrets: string[], url: string, choices: Choice[] }} Connection
 * @typedef {{ name: string, columns: { name: string, column: string | null }[], connection: Connection | null }} Needs
 * @typedef {{ columns: Record<string, string>, connection_id?: number, secrets?: Record<string, string>, confirm_host?: string }} Choices
 */

import { ApiError, reasonOf } from "../ui/api.js";

const NEW = "new";

/**
 * @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag @param {Record<string, unknown>} [properties]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
const made = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

export class RecipeDialog {
  /** @param {Needs} needs @param {Column[]} columns @param {(choices: Choices) => Promise<void>} save */
  constructor(needs, columns, save) {
    this.needs = needs;
    this.columns = columns;
    this.save = save;
    this.host = "";
    this.dialog = made("dialog", { className: "recipe" });
    this.dialog.setAttribute("aria-labelledby", "recipe-title");
    this.form = made("form", { method: "dialog" });
    this.problem = made("p", { className: "problem", hidden: true });
    this.problem.setAttribute("role", "alert");
    this.button = made("button", { className: "btn primary", textContent: "Import column" });
  }

  open() {
    const { name, columns, connection } = this.needs;
    const missing = columns.filter((column) => !column.column);
    const found = columns.filter((column) => column.column).map((column) => `“${column.name}”`);
    this.form.append(made("h2", { id: "recipe-title", textContent: `Import “${name}”` }));
    if (found.length)
      this.form.append(made("p", { className: "hint", textContent: `Found here: ${found.join(", ")}.` }));
    if (missing.length) {
      this.form.append(
        made("p", { textContent: "It refers to columns that this table does not have. Choose what to use instead:" }),
      );
    }
    for (const { name: wanted } of missing) this.form.append(this.#columnField(wanted));
    if (connection) this.form.append(...this.#connectionFields(connection));
    const cancel = made("button", { type: "button", className: "btn", textContent: "Cancel" });
    cancel.addEventListener("click", () => this.dialog.close());
    const buttons = made("div", { className: "buttons" });
    buttons.append(cancel, this.button);
    this.form.append(this.problem, buttons);
    this.form.addEventListener("submit", (event) => void this.#submit(event));
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.append(this.form);
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  /** @param {string} wanted */
  #columnField(wanted) {
    const select = made("select", { className: "in", name: `column:${wanted}`, required: true });
    select.append(new Option("Choose a column", ""), ...this.columns.map(({ name }) => new Option(name, name)));
    return field(wanted, select);
  }

  /** @param {Connection} connection @returns {HTMLElement[]} */
  #connectionFields({ name, url, secrets, choices }) {
    const select = made("select", { className: "in", name: "connection" });
    select.append(
      ...choices.map((choice) => new Option(choice.name, String(choice.id), false, choice.name === name)),
      new Option(`New: ${name}`, NEW, false, !choices.length),
      new Option("No sign-in", ""),
    );
    const box = made("div", { className: "secrets" });
    box.append(
      made("p", {
        className: "hint",
        textContent: url ? `Its secrets are sent to ${url}.` : "Its secrets are not in the file.",
      }),
    );
    for (const secret of secrets) {
      const input = made("input", { className: "in", type: "password", name: `secret:${secret}`, autocomplete: "off" });
      box.append(field(secret, input));
    }
    const show = () => (box.hidden = select.value !== NEW);
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
    const given = new FormData(this.form);
    for (const [key, value] of given) {
      const [kind, ...rest] = key.split(":");
      if (kind === "column") choices.columns[rest.join(":")] = String(value);
      if (kind === "secret") secrets[rest.join(":")] = String(value);
    }
    const connection = given.get("connection");
    if (connection === NEW) choices.secrets = secrets;
    else if (connection) choices.connection_id = Number(connection);
    if (this.host) choices.confirm_host = this.host;
    return choices;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    try {
      await this.save(this.#choices());
      this.dialog.close();
    } catch (error) {
      this.#complain(error);
    }
    this.button.disabled = false;
  }

  /** Where credentials may go is asked, not assumed. @param {unknown} error */
  #complain(error) {
    const details = error instanceof ApiError ? error.details : [];
    const host =
      details.find((/** @type {{ field: string }} */ detail) => detail.field === "confirm_host")?.reference ?? "";
    this.host = host;
    this.problem.textContent = host
      ? `The connection's credentials would be sent to ${host}. Import again if it may receive them.`
      : reasonOf(error);
    this.problem.hidden = false;
    this.button.textContent = host ? `Allow ${host} and import` : "Import column";
  }
}

/** @param {string} text @param {HTMLElement} input */
function field(text, input) {
  const label = made("label", { className: "field" });
  label.append(made("span", { textContent: text }), input);
  return label;
}
