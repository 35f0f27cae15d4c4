/**
 * The settings of a table in a dialog: its name, its auto-update, how long attempts are kept, and its deletion.
 *
 * @typedef {{ id: number, name: string, row_count: number, auto_update: boolean }
 *   & import("./attempt-limits.js").Limits} Table
 */

import { api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { button, make } from "../ui/elements.js";
import { openForm } from "../ui/form-dialog.js";
import { toast } from "../ui/notices.js";
import { AttemptLimits, deletedWords, isShorter } from "./attempt-limits.js";
import { askToDelete, deleteTable } from "./deletion.js";

/** @param {number} id @param {(table: Table) => void} changed called with what was saved */
export async function openTableSettings(id, changed) {
  try {
    new TableSettings(await api("GET", `/tables/${id}`), changed).open();
  } catch (error) {
    toast(`Can't show the settings. ${reasonOf(error)}`);
  }
}

class TableSettings {
  #name = make("input", { id: "settings-name", className: "in", maxLength: 200, required: true });
  #autoUpdate = make("input", { id: "settings-auto-update", type: "checkbox", role: "switch" });
  #problem = make("p", { className: "problem", role: "alert", hidden: true });
  #dialog = make("dialog", "table-settings");

  /** @param {Table} table @param {(table: Table) => void} changed */
  constructor(table, changed) {
    this.table = table;
    this.changed = changed;
    this.#name.value = table.name;
    this.#autoUpdate.checked = table.auto_update;
    this.attempts = new AttemptLimits(table.id, table);
  }

  open() {
    openForm(this.#dialog, {
      title: "Table settings",
      parts: [...this.#fields(), this.#problem, this.#buttons()],
      submit: () => this.#save(),
    });
    void this.attempts.look();
  }

  #fields() {
    const name = make("label", { htmlFor: this.#name.id }, "Name");
    const words = make("span", "", "Auto-update");
    const effect = "While it is off, no column of this table runs by itself. Each column has its own switch, too.";
    const kept = "Columns, rows and results that are deleted stay in the trash for 30 days.";
    const remove = button("Delete table…", "btn danger", () => void this.#delete());
    return [
      make("div", "field", name, this.#name),
      make("label", "switch", words, this.#autoUpdate),
      make("p", "hint", effect),
      make("p", "hint", kept),
      this.attempts.element,
      make("section", { className: "danger-zone", ariaLabel: "Delete" }, remove),
    ];
  }

  #buttons() {
    const cancel = button("Cancel", "btn", () => this.#dialog.close());
    return make("div", "buttons", cancel, make("button", { type: "submit", className: "btn primary" }, "Save"));
  }

  /** Asks before shorter limits delete attempts that there are, or may be. @returns {Promise<boolean>} */
  async #mayDelete() {
    const { limits, effect } = this.attempts;
    if (!isShorter(limits, this.table) || (effect && !effect.is_estimate && !effect.deleted)) return true;
    return ask({
      title: "Delete older attempts?",
      text: `Marl deletes ${deletedWords(effect)}, with their requests and responses. They can't be restored. Results stay.`,
      cancel: "Keep them",
      confirm: "Save and delete",
      danger: true,
    });
  }

  async #save() {
    if (!(await this.#mayDelete())) return;
    try {
      const change = { name: this.#name.value, auto_update: this.#autoUpdate.checked, ...this.attempts.limits };
      const table = await api("PATCH", `/tables/${this.table.id}`, change);
      this.#dialog.close();
      this.changed(table);
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
      this.#problem.hidden = false;
    }
  }

  async #delete() {
    if (!(await askToDelete(this.table.name, this.table.row_count))) return;
    try {
      if (await deleteTable(this.table.id, this.table.name)) location.assign("/trash");
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
      this.#problem.hidden = false;
    }
  }
}
