/**
 * Asks what an imported column needs in this table: the columns that it refers to, and a connection.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {{ id: number, name: string }} Choice
 * @typedef {{ name: string, kind: string, secrets: string[], labels: Record<string, string>, hint: string, url: string,
 *   choices: Choice[] }} Connection
 * @typedef {{ service: string, summary: string, page: string | null }} About what the gallery says of it
 * @typedef {{ key: string, label: string, example: string }} Ask something of the user's own
 * @typedef {{ name: string, columns: { name: string, column: string | null }[], connection: Connection | null,
 *   about: About | null, asks: Ask[], host: string | null }} Needs
 * @typedef {{ columns: Record<string, string>, answers: Record<string, string>, connection_id?: number,
 *   secrets?: Record<string, string>, confirm_host?: string }} Choices
 */

import { ApiError, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { once } from "../ui/once.js";

const NEW = "new";
const SIGNING = ["jwt_bearer", "signed_jwt"]; // kinds whose key may have many lines

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
    this.verb = needs.about ? "Add" : "Import";
    this.saveButton = make("button", "btn primary", `${this.verb} column`);
  }

  open() {
    const { name, about, asks, connection } = this.needs;
    const title = about ? name : `Import “${name}”`;
    this.form.append(make("h2", { id: "recipe-title" }, title));
    if (about) this.form.append(...this.#introduction(about));
    this.form.append(...asks.map(askField), ...this.#columnFields());
    if (connection) this.form.append(...this.#connectionFields(connection));
    const cancel = button("Cancel", "btn", () => this.dialog.close());
    this.form.append(this.problem, make("div", "buttons", cancel, this.saveButton));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.append(this.form);
    document.body.append(this.dialog);
    this.dialog.showModal();
    /** @type {HTMLElement | null} */ (this.form.querySelector("input, select, textarea"))?.focus();
  }

  /** @param {About} about @returns {HTMLElement[]} */
  #introduction({ service, summary, page }) {
    const text = make("p", "hint", summary);
    if (page)
      text.append(" ", make("a", { href: page, target: "_blank", rel: "noopener" }, `${service}'s documentation`));
    return [text];
  }

  /** @returns {HTMLElement[]} */
  #columnFields() {
    const { columns, about } = this.needs;
    if (about) return columns.map(({ name }) => this.#columnField(name, alike(name, this.columns)));
    const missing = columns.filter((column) => !column.column);
    const present = columns.filter((column) => column.column).map((column) => `“${column.name}”`);
    const found = present.length ? [make("p", "hint", `Found here: ${present.join(", ")}.`)] : [];
    if (!missing.length) return found;
    const text = "It uses columns that this table doesn't have. Choose what to use instead:";
    return [...found, make("p", "", text), ...missing.map((column) => this.#columnField(column.name))];
  }

  /** @param {string} name that the file refers to @param {Column} [chosen] */
  #columnField(name, chosen) {
    const select = make("select", { className: "in", name: `column:${name}`, required: true });
    select.append(
      new Option("Choose a column", ""),
      ...this.columns.map((column) => new Option(column.name, column.name, false, column === chosen)),
    );
    return field(this.needs.about ? `Column with: ${name}` : name, select);
  }

  /** @param {Connection} connection @returns {HTMLElement[]} */
  #connectionFields({ name, kind, url, secrets, labels, hint, choices }) {
    const { host } = this.needs;
    const select = make("select", { className: "in", name: "connection" });
    select.append(
      ...choices.map((choice) => new Option(choice.name, String(choice.id), false, choice.name === name)),
      new Option(`New: ${name}`, NEW, false, !choices.some((choice) => choice.name === name)),
      new Option("No sign-in", ""),
    );
    const goesTo = [url, host].filter(Boolean).join(" and ");
    const told = goesTo ? `Kept encrypted, and sent to ${goesTo} alone.` : "Its secrets are not in the file.";
    const box = make("div", "secrets", make("p", "hint", [hint, told].filter(Boolean).join(" ")));
    box.append(...secrets.map((secret) => field(labels[secret] ?? secret, secretInput(secret, kind))));
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
    const choices = { columns: {}, answers: {} };
    /** @type {Record<string, string>} */
    const secrets = {};
    const form = new FormData(this.form);
    for (const [key, value] of form) {
      const [kind, ...rest] = key.split(":");
      if (kind === "column") choices.columns[rest.join(":")] = String(value);
      if (kind === "answer") choices.answers[rest.join(":")] = String(value);
      if (kind === "secret") secrets[rest.join(":")] = String(value);
    }
    const connection = form.get("connection");
    if (connection === NEW) choices.secrets = secrets;
    else if (connection) choices.connection_id = Number(connection);
    if (this.host) choices.confirm_host = this.host;
    return choices;
  }

  #submit = once(async () => {
    try {
      await this.save(this.#choices());
      this.dialog.close();
    } catch (error) {
      this.#showProblem(error);
    }
  });

  /** Shows why the column was not imported; the user decides where credentials may be sent. @param {unknown} error */
  #showProblem(error) {
    const details = error instanceof ApiError ? error.details : [];
    const host =
      details.find((/** @type {{ field: string }} */ detail) => detail.field === "confirm_host")?.reference ?? "";
    this.host = host;
    this.problem.textContent = host
      ? `This would send the connection's credentials to ${host}. Press the button again to allow it.`
      : reasonOf(error);
    this.problem.hidden = false;
    this.saveButton.textContent = host ? `Allow ${host} and ${this.verb.toLowerCase()}` : `${this.verb} column`;
  }
}

/** @param {string} text @param {HTMLElement} input */
const field = (text, input) => make("label", "field", make("span", "", text), input);

/** @param {Ask} ask */
const askField = ({ key, label, example }) =>
  field(
    label,
    make("input", { className: "in", name: `answer:${key}`, placeholder: `such as ${example}`, required: true }),
  );

/** @param {string} name @param {string} kind of connection */
function secretInput(name, kind) {
  const common = { className: "in", name: `secret:${name}` };
  if (name === "key" && SIGNING.includes(kind))
    return make("textarea", { ...common, className: "in code", rows: 3, autocomplete: "off", spellcheck: false });
  return make("input", { ...common, type: "password", autocomplete: "new-password" });
}

/** Returns the column whose name says the same, whatever its case and signs. @param {string} name @param {Column[]} columns */
export function alike(name, columns) {
  const wanted = letters(name);
  return (
    columns.find((column) => letters(column.name) === wanted) ??
    columns.find((column) => letters(column.name).includes(wanted))
  );
}

/** @param {string} text */
const letters = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
