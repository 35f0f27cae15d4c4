/** Keeps what is typed and not saved over a reload of the page, in this tab only. It is offered, not restored by itself. */

import { button, make } from "../ui/elements.js";
import { NOT_SETTINGS } from "./changes.js";
import { addRow } from "./rows.js";

export class Draft {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.key = `marl-draft:${form.getAttribute("action")}`;
  }

  /** @param {boolean} changed whether there is anything to keep */
  keep(changed) {
    if (!changed) return this.forget();
    const entries = [...new FormData(this.form)].filter(([name]) => !NOT_SETTINGS.has(name));
    sessionStorage.setItem(this.key, JSON.stringify(entries));
  }

  forget() {
    sessionStorage.removeItem(this.key);
  }

  /** Offers to restore what was left the last time. @param {() => void} onRestored */
  offer(onRestored) {
    const stored = sessionStorage.getItem(this.key);
    if (!stored) return;
    const line = make("div", { className: "draft", role: "status" });
    const restore = () => {
      line.remove();
      fill(this.form, JSON.parse(stored));
      onRestored();
    };
    const discard = () => {
      line.remove();
      this.forget();
    };
    line.append(
      make("span", "", "You have unsaved changes."),
      button("Restore draft", "btn", restore),
      button("Discard", "btn", discard),
    );
    this.form.querySelector(".panel-body")?.prepend(line);
  }
}

/** @param {HTMLFormElement} form @param {[string, string][]} entries */
function fill(form, entries) {
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-rows]")))
    fillRows(list, entries);
  /** @type {Map<string, number>} */
  const used = new Map();
  for (const field of form.elements) {
    const isField =
      field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement;
    if (!isField || !field.name || NOT_SETTINGS.has(field.name) || field.type === "hidden") continue;
    const values = entries.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = values.includes(field.value);
    else {
      const at = used.get(field.name) ?? 0;
      used.set(field.name, at + 1);
      field.value = values[at] ?? "";
    }
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}

/** Makes as many rows as the draft has. @param {HTMLElement} list @param {[string, string][]} entries */
function fillRows(list, entries) {
  for (const row of list.querySelectorAll(":scope > [data-row]")) row.remove();
  const first = list.querySelector("template")?.content.querySelector("input")?.name;
  for (const [name] of entries) if (name === first) addRow(list);
}
