/**
 * The search of commands: a field, and a list that arrow keys move in while the field keeps the focus.
 *
 * @typedef {import("../ui/commands.js").Command} Command
 */

import { collectCommands, ranked, recentCommands, rememberCommand } from "../ui/commands.js";
import { make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";

const SHOWN = 50; // commands

export class CommandDialog {
  /** @type {Command[]} */
  #commands = [];
  /** @type {Command[]} */
  #found = [];
  #active = 0;
  /** Where arrow keys led to, which stays the active one when more commands come. @type {Command | undefined} */
  #reached;
  #recent = recentCommands();
  #input = make("input", { className: "in", placeholder: "Search commands, columns, tables and help" });
  #list = make("div", { id: "command-list", role: "listbox", ariaLabel: "Commands", tabIndex: -1 });
  #none = make("p", { className: "hint", hidden: true, role: "status" }, "Nothing found. Try another word.");
  #dialog = make("dialog", "commands", this.#input, this.#list, this.#none);

  open() {
    this.#dialog.ariaLabel = "Search commands";
    const attributes = { role: "combobox", "aria-expanded": "true", "aria-controls": this.#list.id };
    for (const [name, value] of Object.entries({ ...attributes, "aria-label": "Search commands", autocomplete: "off" }))
      this.#input.setAttribute(name, value);
    this.#input.addEventListener("input", () => {
      this.#reached = undefined;
      this.#paint();
    });
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("click", (event) => this.#click(event));
    this.#dialog.addEventListener("close", () => this.#dialog.remove());
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    collectCommands((commands) => {
      this.#commands = commands;
      this.#paint();
    });
  }

  #paint() {
    this.#found = ranked(this.#commands, this.#input.value, this.#recent).slice(0, SHOWN);
    this.#list.replaceChildren(...this.#found.map(newOption));
    this.#list.hidden = !this.#found.length;
    this.#none.hidden = this.#found.length > 0;
    this.#activate(
      Math.max(
        0,
        this.#found.findIndex(({ text }) => text === this.#reached?.text),
      ),
    );
  }

  /** @param {number} index */
  #activate(index) {
    this.#list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = index;
    const option = this.#list.children[index];
    this.#input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { length } = this.#found;
    if (event.isComposing || !length) return;
    /** @type {Record<string, number>} */
    const to = { ArrowDown: (this.#active + 1) % length, ArrowUp: (this.#active - 1 + length) % length };
    if (event.key in to) {
      this.#activate(to[event.key]);
      this.#reached = this.#found[this.#active];
    } else if (event.key === "Enter") this.#run(this.#active);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const at = /** @type {Element} */ (event.target);
    const option = at.closest("[role=option]");
    if (option) this.#run([...this.#list.children].indexOf(option));
    else if (at === this.#dialog) this.#dialog.close(); // beside it
  }

  /** @param {number} index */
  #run(index) {
    const command = this.#found[index];
    this.#dialog.close();
    rememberCommand(command.text);
    command.run();
  }
}

/** @param {Command} command @param {number} index */
function newOption({ text, note, icon: sign }, index) {
  const option = make("div", { id: `command-${index}`, role: "option", ariaSelected: "false" });
  option.append(icon(sign ?? "right"), make("span", "name", text));
  if (note) option.append(make("span", "note", note));
  return option;
}
