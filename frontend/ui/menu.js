/**
 * Menus in a popover: arrow keys and the first letters of a name move, Esc closes the menu and gives the focus back.
 *
 * @typedef {object} Item
 * @property {string} text
 * @property {import("./icon-names.js").IconName} [icon]
 * @property {string} [note] in soft letters at the right: a shortcut or a count
 * @property {boolean} [danger]
 * @property {boolean} [disabled]
 * @property {boolean} [checked] makes it one of several options
 * @property {() => void} run
 */

import { button, make } from "./elements.js";
import { icon } from "./icons.js";
import { place } from "./place.js";

const WORD_MS = 700; // between two letters of a name that is typed

/**
 * Opens a menu.
 * @param {import("./place.js").Anchor} at the menu opens below it @param {(Item | "line")[]} items
 * @param {{ label: string, back: HTMLElement }} how `back` gets the focus again
 */
export function openMenu(at, items, { label, back }) {
  const menu = make("div", { popover: "auto", className: "floating menu", role: "menu", ariaLabel: label });
  menu.append(...items.map((item) => (item === "line" ? make("hr", "") : newItem(item, menu))));
  homeOf(back).append(menu);
  const typed = { text: "", at: 0 };
  menu.addEventListener("keydown", (event) => moveFocus(event, menu, typed));
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
    if (menu.contains(document.activeElement) || document.activeElement === document.body)
      back.focus({ preventScroll: true });
    menu.remove();
  });
  menu.showPopover();
  place(menu, at);
  enabled(menu)[0]?.focus();
}

/** What is outside a landmark is passed over by who goes from one to the next, and outside of an open dialog it is inert. @param {HTMLElement} back */
const homeOf = (back) => back.closest("dialog") ?? document.querySelector("main") ?? document.body;

/** @param {Item} item @param {HTMLElement} menu */
function newItem({ text, icon: sign, note, danger, disabled = false, checked, run }, menu) {
  const choose = () => {
    menu.hidePopover();
    run();
  };
  const item = button("", danger ? "danger" : "", choose, { tabIndex: -1, disabled, role: "menuitem" });
  if (checked !== undefined) Object.assign(item, { role: "menuitemradio", ariaChecked: String(checked) });
  if (sign) item.append(icon(sign));
  item.append(make("span", "", text));
  if (note) item.append(make("span", "note", note));
  return item;
}

/** @param {HTMLElement} menu */
const enabled = (menu) => [...menu.querySelectorAll("button")].filter((button) => !button.disabled);

/** @typedef {{ text: string, at: number }} Typed the first letters of a name, and when the last one came */

/** @param {KeyboardEvent} event @param {HTMLElement} menu @param {Typed} typed */
function moveFocus(event, menu, typed) {
  const buttons = enabled(menu);
  const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const to = { ArrowDown: now + 1, ArrowUp: now - 1 + buttons.length, Home: 0, End: buttons.length - 1 };
  event.stopPropagation();
  if (event.key in to) buttons[to[event.key] % buttons.length]?.focus();
  else if (event.key === "Tab") menu.hidePopover();
  else if (event.key.length === 1 && (event.key !== " " || isTyping(event, typed))) byName(buttons, now, event, typed);
  else return;
  event.preventDefault();
}

/** @param {KeyboardEvent} event @param {Typed} typed */
const isTyping = (event, typed) => typed.text !== "" && event.timeStamp - typed.at < WORD_MS;

/**
 * Goes to the next item that begins with what is typed. The first letter leaves the item that has the focus; those after
 * it stay while they are its own, and one that is typed again goes on to the next item.
 * @param {HTMLButtonElement[]} buttons @param {number} now @param {KeyboardEvent} event @param {Typed} typed
 */
function byName(buttons, now, event, typed) {
  const letter = event.key.toLowerCase();
  const before = isTyping(event, typed) && typed.text !== letter ? typed.text : "";
  Object.assign(typed, { text: before + letter, at: event.timeStamp });
  const from = before ? now : now + 1;
  const inOrder = [...buttons.slice(from), ...buttons.slice(0, from)];
  inOrder.find((button) => button.textContent?.toLowerCase().startsWith(typed.text))?.focus();
}
