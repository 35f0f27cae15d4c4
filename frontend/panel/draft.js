/** What is typed and not saved survives a reload of the page, in this tab alone; it is offered, not put in by itself. */

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

  /** Asks whether to take up what was left the last time. @param {() => void} restored */
  offer(restored) {
    const kept = sessionStorage.getItem(this.key);
    if (!kept) return;
    const line = Object.assign(document.createElement("div"), { className: "draft" });
    line.setAttribute("role", "status");
    const words = Object.assign(document.createElement("span"), {
      textContent: "There are changes that were not saved.",
    });
    const yes = newButton("Restore draft", () => {
      line.remove();
      fill(this.form, JSON.parse(kept));
      restored();
    });
    const no = newButton("Discard", () => {
      line.remove();
      this.forget();
    });
    line.append(words, yes, no);
    this.form.querySelector(".panel-body")?.prepend(line);
  }
}

/** @param {string} text @param {() => void} run */
function newButton(text, run) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn",
    textContent: text,
  });
  button.addEventListener("click", run);
  return button;
}

/** @param {HTMLFormElement} form @param {[string, string][]} entries */
function fill(form, entries) {
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-rows]")))
    fillRows(list, entries);
  /** @type {Map<string, number>} */
  const taken = new Map();
  for (const field of form.elements) {
    const isField =
      field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement;
    if (!isField || !field.name || NOT_SETTINGS.has(field.name) || field.type === "hidden") continue;
    const values = entries.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = values.length > 0;
    else {
      const at = taken.get(field.name) ?? 0;
      taken.set(field.name, at + 1);
      field.value = values[at] ?? "";
    }
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}

/** As many rows as there were. @param {HTMLElement} list @param {[string, string][]} entries */
function fillRows(list, entries) {
  for (const row of list.querySelectorAll(":scope > [data-row]")) row.remove();
  const first = list.querySelector("template")?.content.querySelector("input")?.name;
  for (const [name] of entries) if (name === first) addRow(list);
}
