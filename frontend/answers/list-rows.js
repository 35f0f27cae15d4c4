/**
 * "Rows from this list…": a dialog that says into which table the items of a list go, which of their fields, and when
 * two of them are the same.
 *
 * @typedef {{ path: string, name: string, column: string | null, values: unknown[] }} ItemField
 */

import { api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { openForm } from "../ui/form-dialog.js";
import { toast } from "../ui/notices.js";
import { once } from "../ui/once.js";

const LONGEST = 60; // characters of a value
const NEW = "new";

/** @param {number} columnId @param {string} path of the list in a result @param {number} ownTable which rows can't go into */
export async function openListRows(columnId, path, ownTable) {
  try {
    const { items } = await api("GET", "/tables?limit=500");
    const tables = items.filter((/** @type {{ id: number }} */ { id }) => id !== ownTable);
    await new ListRows(columnId, path, tables).open();
  } catch (error) {
    toast(`Can't show the list. ${reasonOf(error)}`);
  }
}

class ListRows {
  #dialog = make("dialog", "list-rows");
  #table = make("select", { id: "list-table", className: "in" });
  #name = make("input", { id: "list-name", className: "in", maxLength: 200, required: true });
  #nameField = make("div", "field", make("label", { htmlFor: "list-name" }, "Name of the new table"), this.#name);
  #key = make("select", { id: "list-key", className: "in" });
  #auto = make("input", { id: "list-auto", type: "checkbox", checked: true });
  #fields = make("fieldset", "item-fields");
  #problem = make("p", { className: "problem", role: "alert", hidden: true });
  /** @type {ItemField[]} */
  #offered = [];

  /** @param {number} columnId @param {string} path @param {{ id: number, name: string }[]} tables */
  constructor(columnId, path, tables) {
    this.columnId = columnId;
    this.path = path;
    this.#table.append(new Option("A new table", NEW), ...tables.map(({ id, name }) => new Option(name, String(id))));
    this.#table.addEventListener("change", () => void this.#change());
  }

  async open() {
    const found = await this.#read();
    this.#show(found);
    this.#name.value = found.name;
    openForm(this.#dialog, {
      title: "Rows from this list",
      parts: [...this.#parts(), this.#problem, this.#buttons()],
      submit: () => this.#make(),
    });
  }

  #parts() {
    const auto = make("label", "check", this.#auto, "Keep it up to date as new results come");
    return [
      make("p", "hint", "Each item becomes a row that knows which row of this table it came from."),
      make("div", "field", make("label", { htmlFor: "list-table" }, "Into"), this.#table),
      this.#nameField,
      this.#fields,
      make("div", "field", make("label", { htmlFor: "list-key" }, "An item is the same as a row if"), this.#key),
      auto,
    ];
  }

  #buttons() {
    const cancel = button("Cancel", "btn", () => this.#dialog.close());
    return make("div", "buttons", cancel, make("button", { type: "submit", className: "btn primary" }, "Make rows"));
  }

  get #tableId() {
    return this.#table.value === NEW ? null : Number(this.#table.value);
  }

  /** Shows what another table has of the items' fields; of two answers, only the one for the table that is chosen. */
  async #change() {
    const chosen = this.#tableId;
    try {
      const found = await this.#read();
      if (chosen === this.#tableId) this.#show(found);
    } catch (error) {
      this.#say(reasonOf(error));
    }
  }

  #read() {
    const place = { path: this.path, table_id: this.#tableId };
    return api("POST", `/columns/${this.columnId}/expand/fields`, place);
  }

  /** Shows what the items have, and which columns of the table fit. @param {{ fields: ItemField[] }} found */
  #show(found) {
    this.#problem.hidden = true;
    this.#offered = found.fields;
    this.#nameField.hidden = this.#tableId !== null;
    this.#name.disabled = this.#tableId !== null;
    this.#fields.replaceChildren(make("legend", "", "Fields"), ...this.#offered.map(fieldLine));
    const same = this.#offered.map((field, at) => new Option(`its ${columnOf(field)} is the same`, String(at)));
    this.#key.replaceChildren(new Option("everything in it is the same", ""), ...same);
    if (!this.#offered.length) this.#say("No result of this column has items in the list yet. Run some rows first.");
  }

  #make = once(async () => {
    const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (this.#fields.querySelectorAll("input"));
    const chosen = this.#offered.filter((_, at) => boxes[at].checked);
    const key = this.#key.value === "" ? [] : [columnOf(this.#offered[Number(this.#key.value)])];
    const columns = chosen.map((field) => ({ path: field.path, column: columnOf(field) }));
    const wish = { path: this.path, columns, key, auto: this.#auto.checked };
    if (!columns.length) return this.#say("Tick at least one field.");
    try {
      const into = this.#tableId === null ? { name: this.#name.value } : { table_id: this.#tableId };
      const made = await api("POST", `/columns/${this.columnId}/expand`, { ...wish, ...into });
      this.#dialog.close();
      const open = { label: "Open the table", run: () => location.assign(`/tables/${made.table_id}`) };
      toast("The items are becoming rows.", { action: open });
    } catch (error) {
      this.#say(reasonOf(error));
    }
  });

  /** @param {string} problem */
  #say(problem) {
    this.#problem.textContent = problem;
    this.#problem.hidden = false;
  }
}

/** @param {ItemField} field */
const columnOf = ({ column, name }) => column ?? name;

/** @param {ItemField} field */
function fieldLine(field) {
  const box = make("input", { type: "checkbox", checked: true });
  const values = field.values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
  const shown = values.length > LONGEST ? `${values.slice(0, LONGEST)}…` : values;
  return make("label", "check", box, make("span", "name", columnOf(field)), make("span", "hint", shown));
}
