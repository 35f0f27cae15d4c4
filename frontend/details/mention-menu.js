/**
 * The list of members that an @ opens in a field: typing filters it, ↑ and ↓ choose, Enter or Tab writes the name, Esc
 * closes it.
 *
 * @typedef {{ user_id: number, name: string, mention: string }} Member
 */

import { api } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { place } from "../ui/place.js";

const MOST = 8; // members shown at once
const LONGEST = 40; // characters after an @ that may be a name

/** What is typed after the @ before the cursor; undefined where there is none. @param {string} before the cursor */
export function nameBegun(before) {
  const [, name] = before.match(/(?:^|[^\w.+-])@([^@\n]*)$/) ?? [];
  return name !== undefined && name.length <= LONGEST && !name.startsWith(" ") ? name : undefined;
}

/** The members whose name or address has this in it, those that begin with it first. @param {Member[]} all @param {string} begun */
export function matching(all, begun) {
  const looked = begun.toLowerCase();
  const placeOf = (/** @type {Member} */ { name, mention }) => {
    const places = [name, mention].map((text) => text.toLowerCase().indexOf(looked)).filter((at) => at >= 0);
    return places.length ? Math.min(...places) : -1;
  };
  const found = all.map((member) => ({ member, at: placeOf(member) })).filter(({ at }) => at >= 0);
  return found
    .sort((a, b) => Math.min(a.at, 1) - Math.min(b.at, 1))
    .map(({ member }) => member)
    .slice(0, MOST);
}

let menuCount = 0; // of all made, for their ids

export class MentionMenu {
  #list = make("div", { popover: "manual", className: "floating menu mention-menu", role: "listbox" });
  /** @type {Member[]} */
  #shown = [];
  #chosen = 0;
  #request = 0;
  /** @type {Promise<Member[]> | undefined} */
  #members;

  /** @param {HTMLTextAreaElement} field @param {HTMLElement} home what the list is put in @param {number} tableId whose people are listed */
  constructor(field, home, tableId) {
    this.field = field;
    this.tableId = tableId;
    menuCount += 1;
    this.#list.id = `mentions-${menuCount}`;
    this.#list.ariaLabel = "Members";
    home.append(this.#list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.#list.id);
    field.ariaHasPopup = "listbox";
    for (const event of ["input", "click"]) field.addEventListener(event, () => void this.#look());
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.#close());
    this.#list.addEventListener("pointerdown", (event) => this.#press(event));
  }

  get isOpen() {
    return this.#shown.length > 0;
  }

  #begun() {
    const { value, selectionStart, selectionEnd } = this.field;
    return selectionStart === selectionEnd ? nameBegun(value.slice(0, selectionStart)) : undefined;
  }

  /** Who sees the table, fetched once for the field, and again after a failure. @returns {Promise<Member[]>} */
  #everybody() {
    this.#members ??= api("GET", `/members?table_id=${this.tableId}&limit=500`).then(({ items }) => items);
    this.#members.catch(() => (this.#members = undefined));
    return this.#members;
  }

  async #look() {
    this.#request += 1;
    const request = this.#request;
    if (this.#begun() === undefined) return this.#close();
    const all = await this.#everybody().catch(() => []);
    if (request !== this.#request || document.activeElement !== this.field) return;
    const found = matching(all, this.#begun() ?? "");
    if (found.length) this.#open(found);
    else this.#close();
  }

  /** @param {Member[]} found */
  #open(found) {
    this.#shown = found;
    this.#chosen = 0;
    this.#list.replaceChildren(...found.map((member, index) => this.#newOption(member, index)));
    this.#list.showPopover();
    place(this.#list, this.field);
    this.#choose(0);
  }

  /** @param {Member} member @param {number} index */
  #newOption({ name, mention }, index) {
    const option = make("div", { role: "option", id: `${this.#list.id}-${index}` }, make("span", "", name));
    if (mention !== name) option.append(make("span", "note", mention));
    return option;
  }

  #close() {
    this.#request += 1;
    if (!this.isOpen) return;
    this.#shown = [];
    this.#list.hidePopover();
    this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  #choose(index) {
    const options = [...this.#list.children];
    this.#chosen = (index + options.length) % options.length;
    options.forEach((option, i) => {
      option.ariaSelected = String(i === this.#chosen);
    });
    this.field.setAttribute("aria-activedescendant", options[this.#chosen].id);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.isOpen || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") this.#choose(this.#chosen + 1);
    else if (event.key === "ArrowUp") this.#choose(this.#chosen - 1);
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) this.#write(this.#shown[this.#chosen]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Before the field loses the focus. @param {PointerEvent} event */
  #press(event) {
    event.preventDefault();
    const option = /** @type {Element} */ (event.target).closest("[role=option]");
    if (option) this.#write(this.#shown[[...this.#list.children].indexOf(option)]);
  }

  /** @param {Member} member */
  #write({ mention }) {
    const end = this.field.selectionStart;
    const start = end - (this.#begun()?.length ?? 0);
    this.#close();
    this.field.setRangeText(`${mention} `, start, end, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
