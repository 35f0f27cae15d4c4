/**
 * An answer as a tree, by mouse and by arrow keys. Each field has a tick and "+ Column"; ticked fields become columns
 * together.
 *
 * @typedef {import("./field-columns.js").NewField} NewField
 * @typedef {object} Target what becomes of fields
 * @property {() => Map<string, string>} columns the names of the columns that hold fields, by path
 * @property {(fields: NewField[]) => Promise<void> | void} add
 * @property {(path: string) => void} [drop] where columns are made later: makes none of this field
 * @property {(path: string) => void} [keep] keeps only this field in the cell
 * @property {(path: string) => void} [expand] makes rows of the items of a list
 * @typedef {{ ticked: Map<string, NewField>, opened: Map<string, boolean> }} Memory of a tree that is drawn again
 */

import { undoLast } from "../grid/signals.js";
import { button, make } from "../ui/elements.js";
import { joinPath } from "../ui/json-path.js";
import { fieldName } from "./field-name.js";
import { matches } from "./matches.js";
import { Line } from "./tree-line.js";

const ROWS = "Rows from this list…";
const MOST = 200; // shown of one object or list
const OPEN_LEVELS = 2;
const OPEN_SIZE = 20;

/** @returns {Memory} */
export const newMemory = () => ({ ticked: new Map(), opened: new Map() });

export class AnswerTree {
  element = make("div", "answer-tree");
  #tree = make("ul", { role: "tree" });
  #bar = make("div", { className: "tree-bar", hidden: true });
  /** The lines that are drawn. @type {Map<HTMLElement, Line>} */
  #lines = new Map();
  /** The paths that a search leaves; null: all. @type {Set<string> | null} */
  #shown = null;

  /** @param {object} value @param {{ label: string, target?: Target, memory?: Memory }} how without a target, it is only read */
  constructor(value, { label, target, memory = newMemory() }) {
    this.value = value;
    this.target = target;
    this.memory = memory;
    this.#tree.ariaLabel = label;
    const { expand } = target ?? {};
    if (expand && Array.isArray(value)) this.element.append(button(ROWS, "btn small", () => expand("")));
    this.element.append(this.#tree, this.#bar);
    this.#listen();
    this.#draw();
  }

  #listen() {
    const tree = this.#tree;
    tree.addEventListener("keydown", (event) => this.#key(event));
    tree.addEventListener("focusin", (event) => this.#makeCurrent(/** @type {HTMLElement} */ (event.target)));
    tree.addEventListener("click", (event) => this.#click(/** @type {Element} */ (event.target)));
    const gone = new AbortController();
    const changed = () => (this.element.isConnected ? this.repaint() : gone.abort());
    document.addEventListener("marl:fields-changed", changed, { signal: gone.signal });
  }

  /** Shows only what has the text in a name or a value, opened. Returns what was found, in words. @param {string} text */
  search(text) {
    const query = text.trim().toLowerCase();
    const { shown, words } = query ? matches(this.value, query) : { shown: null, words: "" };
    this.#shown = shown;
    this.#draw();
    return words;
  }

  get isEmpty() {
    return this.#lines.size === 0;
  }

  #draw() {
    this.#lines.clear();
    this.#tree.replaceChildren(...this.#entries(this.value, "", ""));
    this.#visible()[0]?.setAttribute("tabindex", "0");
    this.#paintBar();
  }

  /** Draws what the lines say of columns again. */
  repaint() {
    for (const line of this.#lines.values()) line.paint();
    this.#paintBar();
  }

  /** @param {object} value @param {string} path @param {string} name of what the entries are in */
  #entries(value, path, name) {
    const inList = Array.isArray(value);
    const all = Object.entries(value).map(([key, item]) => ({ key, item, path: joinPath(path, key, inList) }));
    const left = this.#shown ? all.filter((entry) => this.#shown?.has(entry.path)) : all;
    const items = left.slice(0, MOST).map((entry) => this.#entry(entry, inList ? name : undefined));
    if (left.length > MOST) items.push(make("li", { role: "none" }, `… ${left.length - MOST} more: search for them`));
    return items;
  }

  /** @param {{ key: string, item: unknown, path: string }} entry @param {string} [list] the name of the list that it is in */
  #entry({ key, item, path }, list) {
    const line = new Line(this, { path, name: fieldName(key, list) }, key, item);
    this.#lines.set(line.item, line);
    if (line.size === undefined) return line.item;
    const group = make("ul", { role: "group" });
    line.item.append(group);
    line.fill = () => group.replaceChildren(...this.#entries(/** @type {object} */ (item), path, key));
    const byItself = line.size <= OPEN_SIZE && path.split(/[.[]/).length <= OPEN_LEVELS;
    line.open(this.#shown !== null || (this.memory.opened.get(path) ?? byItself));
    return line.item;
  }

  /** @param {NewField[]} fields */
  async add(fields) {
    if (!this.target) return;
    await this.target.add(fields);
    for (const { path } of fields) this.memory.ticked.delete(path);
    this.repaint();
  }

  /** @param {NewField} field @param {boolean} isTicked */
  tick(field, isTicked) {
    if (isTicked) this.memory.ticked.set(field.path, field);
    else this.memory.ticked.delete(field.path);
    this.#paintBar();
  }

  /** Offers to make columns of what is ticked. */
  #paintBar() {
    const fields = [...this.memory.ticked.values()];
    this.#bar.hidden = fields.length === 0;
    if (!fields.length) return this.#bar.replaceChildren();
    const words = `Add ${fields.length} ${fields.length === 1 ? "column" : "columns"}`;
    const clear = button("Clear", "btn ghost", () => {
      this.memory.ticked.clear();
      this.repaint();
    });
    const names = make("span", "names", fields.map(({ name }) => name).join(", "));
    this.#bar.replaceChildren(
      names,
      clear,
      button(words, "btn", () => void this.add(fields)),
    );
  }

  /** @returns {HTMLElement[]} the items that are not inside a closed one */
  #visible() {
    const items = /** @type {HTMLElement[]} */ ([...this.#tree.querySelectorAll('[role="treeitem"]')]);
    return items.filter((item) => !item.parentElement?.closest('[aria-expanded="false"]'));
  }

  /** Makes one item, and then its buttons, reachable by Tab. @param {HTMLElement} element */
  #makeCurrent(element) {
    const current = element.closest('[role="treeitem"]');
    for (const item of this.#tree.querySelectorAll('[tabindex="0"]')) item.setAttribute("tabindex", "-1");
    const controls = current?.querySelectorAll(":scope > .tree-line :is(button, input)") ?? [];
    for (const item of [current, ...controls]) item?.setAttribute("tabindex", "0");
    // After the browser, which scrolls an item with all that is in it, and knows nothing of what lies above.
    const line = current?.querySelector(":scope > .tree-line");
    if (current === element) requestAnimationFrame(() => line?.scrollIntoView({ block: "nearest" }));
  }

  /** @param {Element} target */
  #click(target) {
    const item = /** @type {HTMLElement | null} */ (target.closest('[role="treeitem"]'));
    const line = item && this.#lines.get(item);
    if (!line || target.closest("button, input")) return;
    item.focus();
    line.toggle();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const item = /** @type {HTMLElement} */ (event.target);
    const line = this.#lines.get(item);
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === "z") undoLast();
    else if (!line || isCommand || !this.#move(event.key, line)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} key @param {Line} line @returns {boolean} whether the key means something here */
  #move(key, line) {
    const all = this.#visible();
    const at = all.indexOf(line.item);
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowDown: () => all[at + 1]?.focus(),
      ArrowUp: () => all[at - 1]?.focus(),
      Home: () => all[0]?.focus(),
      End: () => all.at(-1)?.focus(),
      ArrowRight: () => (line.isOpen === false ? line.open(true) : line.isOpen && all[at + 1]?.focus()),
      ArrowLeft: () => (line.isOpen ? line.open(false) : line.above?.focus()),
      Enter: () => (line.isOpen === undefined ? line.take() : line.toggle()),
      " ": () => line.toggleTick(),
    };
    moves[key]?.();
    return key in moves;
  }
}
