/**
 * Menus in a popover: arrow keys and first letters move, Esc closes the menu and gives the focus back.
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

/**
 * Opens a menu.
 * @param {import("./place.js").Anchor} at the menu opens below it @param {(Item | "line")[]} items
 * @param {{ label: string, back: HTMLElement }} how `back` gets the focus again
 */
export function openMenu(at, items, { label, back }) {
  const menu = make("div", { popover: "auto", className: "floating menu", role: "menu", ariaLabel: label });
  menu.append(...items.map((item) => (item === "line" ? make("hr", "") : newItem(item, menu))));
  homeOf(back).append(menu);
  menu.addEventListener("keydown", (event) => moveFocus(event, menu));
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

/** @param {KeyboardEvent} event @param {HTMLElement} menu */
function moveFocus(event, menu) {
  const buttons = enabled(menu);
  const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const to = { ArrowDown: now + 1, ArrowUp: now - 1 + buttons.length, Home: 0, End: buttons.length - 1 };
  event.stopPropagation();
  if (event.key in to) buttons[to[event.key] % buttons.length]?.focus();
  else if (event.key === "Tab") menu.hidePopover();
  else if (event.key.length === 1 && event.key !== " ") byLetter(buttons, now, event.key);
  else return;
  event.preventDefault();
}

/** @param {HTMLButtonElement[]} buttons @param {number} now @param {string} letter */
function byLetter(buttons, now, letter) {
  const after = [...buttons.slice(now + 1), ...buttons.slice(0, now + 1)];
  after.find((button) => button.textContent?.toLowerCase().startsWith(letter.toLowerCase()))?.focus();
}
