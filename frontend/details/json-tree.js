/** JSON as a tree: a click on a name copies its path, a click on a value copies the value. */

import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { kindOf, parseJson } from "../ui/json.js";
import { joinPath } from "../ui/json-path.js";

const MOST = 200; // shown of one object or list
const OPEN_LEVELS = 2;
const OPEN_SIZE = 20;
const SHOWN_LETTERS = 500;

/** Parses an object or a list. @param {string} text @returns {unknown} undefined if it is not JSON, or only a single value */
export function parsed(text) {
  try {
    const value = parseJson(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {object} value
 * @param {string} [search] shows only what has it in a name or a value, opened
 */
export function newTree(value, search = "") {
  const needle = search.trim().toLowerCase();
  const list = branch(value, { path: "", level: 0, needle });
  list.classList.add("json-tree");
  return list.childElementCount ? list : make("p", "hint", needle ? "Nothing found" : "Empty.");
}

/** @param {object} value @param {{ path: string, level: number, needle: string }} place */
function branch(value, { path, level, needle }) {
  const list = make("ul", "");
  const inList = Array.isArray(value);
  const entries = Object.entries(value).filter(([key, item]) => !needle || has(key, item, needle));
  for (const [key, item] of entries.slice(0, MOST))
    list.append(entry(key, item, { path: joinPath(path, key, inList), level, needle }));
  if (entries.length > MOST) list.append(make("li", "hint", `… ${entries.length - MOST} more`));
  return list;
}

/** @param {string} key @param {unknown} value @param {string} needle @returns {boolean} */
function has(key, value, needle) {
  if (key.toLowerCase().includes(needle)) return true;
  if (value === null || typeof value !== "object") return String(value).toLowerCase().includes(needle);
  return Object.entries(value).some(([inner, item]) => has(inner, item, needle));
}

/** @param {string} key @param {unknown} value @param {{ path: string, level: number, needle: string }} place */
function entry(key, value, place) {
  const { path, level, needle } = place;
  const name = button(key, "key", copier(path, `Copied the path ${path}`), { ariaLabel: `Copy the path ${path}` });
  if (value === null || typeof value !== "object") {
    const text = JSON.stringify(value);
    const shown = text.length > SHOWN_LETTERS ? `${text.slice(0, SHOWN_LETTERS)}…` : text;
    const onClick = copier(typeof value === "string" ? value : text, `Copied the value of ${key}.`);
    const leaf = button(shown, `value ${kindOf(value)}`, onClick, { ariaLabel: `${shown}, copy the value of ${key}` });
    return make("li", "", name, ": ", leaf);
  }
  const size = Object.keys(value).length;
  const sign = Array.isArray(value) ? `[${size}]` : `{${size}}`;
  const copyAll = copier(JSON.stringify(value, null, 2), `Copied ${key} as JSON.`);
  const whole = button(sign, "value", copyAll, { ariaLabel: `Copy ${key} as JSON` });
  // A match in the name itself shows everything below it.
  const inside = key.toLowerCase().includes(needle) ? "" : needle;
  const isOpen = Boolean(inside) || (level < OPEN_LEVELS && size <= OPEN_SIZE);
  const item = make("li", "");
  const toggle = newToggle(key, isOpen, item, () => branch(value, { path, level: level + 1, needle: inside }));
  item.prepend(toggle, name, " ", whole);
  return item;
}

/**
 * Makes the button that opens and closes what is below a name.
 * @param {string} key @param {boolean} isOpen @param {HTMLElement} item @param {() => HTMLElement} grow makes what is below
 */
function newToggle(key, isOpen, item, grow) {
  /** @type {HTMLElement | undefined} */
  let below;
  const toggle = button("", "toggle", () => show(toggle.ariaExpanded !== "true"), { ariaLabel: key });
  const show = (/** @type {boolean} */ open) => {
    toggle.ariaExpanded = String(open);
    if (open && !below) {
      below = grow();
      item.append(below);
    }
    if (below) below.hidden = !open;
  };
  show(isOpen);
  return toggle;
}

/** @param {string} text @param {string} notice shown when the text is on the clipboard */
const copier = (text, notice) => () => void copy(text, notice);
