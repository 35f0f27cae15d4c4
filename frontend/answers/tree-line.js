/** One line of an answer: a field, its value, and what can be done with it. */

import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { icon, iconButton } from "../ui/icons.js";

const LONGEST = 200; // characters of a value that are shown at first

/** @typedef {import("./field-columns.js").NewField} NewField */

export class Line {
  /** Makes what is inside, the first time it is opened. @type {(() => void) | undefined} */
  fill;
  #end = make("span", "line-end");
  #column = make("span", "column");
  /** @type {HTMLInputElement | undefined} */
  #tick;

  /** @param {import("./tree.js").AnswerTree} tree @param {NewField} field @param {string} key @param {unknown} value */
  constructor(tree, field, key, value) {
    this.tree = tree;
    this.field = field;
    this.key = key;
    const isHolder = value !== null && typeof value === "object";
    this.size = isHolder ? Object.keys(value).length : undefined;
    this.words = isHolder ? sizeWords(value, this.size ?? 0) : textOf(value);
    this.#tick = tree.target && !isHolder ? this.#newTick() : undefined;
    const shown = isHolder ? make("span", "hint", this.words) : valuePart(this.words);
    const line = make("div", "tree-line", make("span", "fold"), ...(this.#tick ? [this.#tick] : []));
    this.#end.append(make("span", "line-tools", ...this.#tools(value)), this.#column);
    line.append(make("span", "key", key), shown, this.#end);
    this.item = make("li", { role: "treeitem", tabIndex: -1 }, line);
    this.paint();
  }

  get above() {
    return /** @type {HTMLElement | null} */ (this.item.parentElement?.closest('[role="treeitem"]') ?? null);
  }

  /** undefined for what holds nothing */
  get isOpen() {
    return this.item.ariaExpanded === null ? undefined : this.item.ariaExpanded === "true";
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    this.item.ariaExpanded = String(isOpen);
    if (!isOpen) return;
    this.fill?.();
    this.fill = undefined;
  }

  toggle() {
    if (this.isOpen === undefined) return;
    this.open(!this.isOpen);
    this.tree.memory.opened.set(this.field.path, this.isOpen);
  }

  #newTick() {
    const tick = make("input", { type: "checkbox", className: "tick", tabIndex: -1, ariaLabel: `Tick ${this.key}` });
    tick.addEventListener("change", () => this.tree.tick(this.field, tick.checked));
    tick.addEventListener("input", (event) => event.stopPropagation()); // it is not a setting of the column
    return tick;
  }

  toggleTick() {
    if (this.#tick && !this.#tick.disabled) this.#tick.click();
    else this.toggle();
  }

  /** Makes the column, unless there is one. */
  take() {
    if (this.tree.target && !this.columnName) void this.tree.add([this.field]);
  }

  get columnName() {
    return this.tree.target?.columns().get(this.field.path);
  }

  /** Draws what it says of its column. */
  paint() {
    const name = this.columnName;
    this.item.ariaLabel = [`${this.key}: ${shortened(this.words)}`, ...(name ? [`column ${name}`] : [])].join(", ");
    if (this.#tick) {
      this.#tick.checked = this.tree.memory.ticked.has(this.field.path);
      this.#tick.disabled = name !== undefined;
    }
    if (!this.tree.target) return;
    const hadFocus = this.#column.contains(document.activeElement);
    this.#column.replaceChildren(name === undefined ? this.#adder() : this.#nameOf(name));
    this.#end.classList.toggle("quiet", this.size !== undefined && name === undefined);
    if (hadFocus) this.item.focus();
  }

  #adder() {
    const add = button("", "add-column", () => this.take(), { tabIndex: -1, ariaLabel: `Column ${this.field.name}` });
    add.title = `Add the column “${this.field.name}”`;
    add.append(icon("add"), "Column");
    return add;
  }

  /** @param {string} name of the column that holds the field, or will */
  #nameOf(name) {
    const { drop } = this.tree.target ?? {};
    if (!drop) return make("span", "has-column", icon("done"), make("span", "", name));
    const words = `${name} – made when you save`;
    const made = button("", "has-column", () => drop(this.field.path), { tabIndex: -1, ariaLabel: `${words}. Remove` });
    made.title = "Don't make this column";
    made.append(icon("done"), make("span", "", words), icon("close"));
    return made;
  }

  /** @param {(path: string) => void} expand */
  #expander(expand) {
    const label = `Rows from the list ${this.key}`;
    return button("Rows…", "add-column", () => expand(this.field.path), {
      tabIndex: -1,
      ariaLabel: label,
      title: label,
    });
  }

  /** @param {unknown} value @returns {HTMLElement[]} shown under the mouse and with the focus */
  #tools(value) {
    const { key } = this;
    const { path } = this.field;
    const whole = typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : this.words;
    const { keep, expand } = this.tree.target ?? {};
    const tools = [
      tool("link", `Copy the path ${path}`, () => void copy(path, `Copied the path ${path}`)),
      tool("copy", `Copy the value of ${key}`, () => void copy(whole, `Copied the value of ${key}.`)),
    ];
    if (expand && Array.isArray(value)) tools.unshift(this.#expander(expand));
    return keep ? [tool("filter", `Keep only ${key}`, () => keep(path)), ...tools] : tools;
  }
}

/** @param {import("../ui/icon-names.js").IconName} sign @param {string} label @param {() => void} run */
const tool = (sign, label, run) => iconButton(sign, label, "tool", run, { tabIndex: -1 });

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** @param {object} value @param {number} size */
const sizeWords = (value, size) => `${size} ${Array.isArray(value) ? "item" : "field"}${size === 1 ? "" : "s"}`;

/** @param {string} text */
function valuePart(text) {
  if (text.length <= LONGEST) return make("span", "value", text);
  const rest = button("Show all", "link", () => part.replaceChildren(text), { tabIndex: -1 });
  const part = make("span", "value", `${shortened(text)} `, rest);
  return part;
}

/** @param {string} text */
const shortened = (text) => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);
