/** A JSON response as a tree, with search and arrow keys; a field of it becomes a field path or a column. */

import { button, make } from "../ui/elements.js";
import { kindOf, parseJson } from "../ui/json.js";
import { joinPath } from "../ui/json-path.js";

const MOST = 200; // shown of one object or list
const ENOUGH = 500; // matches

/** @typedef {Set<string> | null} Shown the paths that a search leaves; null: all */

/**
 * Turns the text of every response below `root` into a tree; what is not JSON stays text.
 * @param {HTMLElement} root
 */
export function growTrees(root) {
  for (const holder of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-tree]"))) {
    const value = parsed(holder.querySelector("pre")?.textContent ?? "");
    holder.removeAttribute("data-tree");
    if (value !== null && typeof value === "object") grow(holder, value);
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** @param {HTMLElement} holder @param {object} value */
function grow(holder, value) {
  const search = make("input", {
    type: "search",
    className: "in",
    placeholder: "Search names and values",
    ariaLabel: "Search the response",
  });
  const outcome = make("p", { className: "hint", role: "status" });
  const tree = make("ul", { role: "tree", ariaLabel: "Response" });
  const draw = () => {
    const query = search.value.trim().toLowerCase();
    const { shown, count } = query ? matches(value, query) : { shown: null, count: 0 };
    tree.replaceChildren(...entries(value, "", shown));
    visible(tree)[0]?.setAttribute("tabindex", "0");
    outcome.textContent = !query ? "" : count ? `${count}${count === ENOUGH ? " or more" : ""} found` : "Nothing found";
  };
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // it is not a setting of the column
    draw();
  });
  tree.addEventListener("keydown", (event) => onKey(tree, event));
  tree.addEventListener("focusin", (event) => makeCurrent(tree, /** @type {HTMLElement} */ (event.target)));
  tree.addEventListener("click", (event) => onClick(tree, event));
  draw();
  holder.replaceChildren(search, outcome, tree);
}

/**
 * Returns the paths of what has the text in its name or value, and the paths that lead there.
 * @param {object} root @param {string} query in lower case
 */
function matches(root, query) {
  /** @type {Set<string>} */
  const shown = new Set();
  let count = 0;
  /** @param {object} value @param {string} path @param {string[]} above */
  const walk = (value, path, above) => {
    for (const [key, item] of Object.entries(value)) {
      if (count === ENOUGH) return;
      const own = joinPath(path, key, Array.isArray(value));
      const isLeaf = item === null || typeof item !== "object";
      if (key.toLowerCase().includes(query) || (isLeaf && String(item).toLowerCase().includes(query))) {
        count += 1;
        for (const step of [...above, own]) shown.add(step);
      }
      if (!isLeaf) walk(item, own, [...above, own]);
    }
  };
  walk(root, "", []);
  return { shown, count };
}

/** @param {object} value @param {string} path @param {Shown} shown */
function entries(value, path, shown) {
  const all = Object.entries(value).map(([key, item]) => ({
    key,
    item,
    own: joinPath(path, key, Array.isArray(value)),
  }));
  const left = shown ? all.filter(({ own }) => shown.has(own)) : all;
  const items = left.slice(0, MOST).map(({ key, item, own }) => entry(key, item, own, shown));
  if (left.length > MOST) {
    items.push(make("li", { role: "none" }, `… ${left.length - MOST} more: search for them`));
  }
  return items;
}

/** @param {string} key @param {unknown} value @param {string} path @param {Shown} shown */
function entry(key, value, path, shown) {
  const name = make("span", "key", key);
  const line = make("span", "tree-line", name);
  const item = make("li", { role: "treeitem", tabIndex: -1, title: path }, line);
  if (value === null || typeof value !== "object") {
    line.append(": ", make("span", `value ${kindOf(value)}`, JSON.stringify(value)), ...fieldButtons(key, path));
    item.ariaLabel = `${key}: ${JSON.stringify(value)}`;
    return item;
  }
  const size = Object.keys(value).length;
  const count = Array.isArray(value) ? `[${size}]` : `{${size}}`;
  line.append(" ", make("span", "hint", count), ...fieldButtons(key, path));
  item.ariaLabel = `${key}, ${size} ${Array.isArray(value) ? "items" : "fields"}`;
  const inner = make("ul", { role: "group" });
  item.append(inner);
  fillers.set(item, () => inner.replaceChildren(...entries(value, path, shown)));
  expand(item, shown !== null || (size <= 20 && path.split(".").length < 3));
  return item;
}

/** Fill the items that were never opened. @type {WeakMap<Element, () => void>} */
const fillers = new WeakMap();

/** @param {Element} item @param {boolean} isOpen */
function expand(item, isOpen) {
  item.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) return;
  fillers.get(item)?.();
  fillers.delete(item);
}

/** Makes the buttons of a field; CSS hides "+ Column" until there is a saved column to take it from. @param {string} key @param {string} path */
function fieldButtons(key, path) {
  const column = button("+ Column", "as-column", null, { tabIndex: -1, ariaLabel: `${key} as a column` });
  column.dataset.fieldColumn = path;
  column.dataset.fieldName = key;
  const only = button("Keep only this field", "as-path", null, { tabIndex: -1, ariaLabel: `Keep only ${key}` });
  only.dataset.fieldPath = path;
  return [column, only];
}

/** @param {HTMLElement} tree @returns {HTMLElement[]} the items that are not inside a closed one */
function visible(tree) {
  const items = /** @type {HTMLElement[]} */ ([...tree.querySelectorAll('[role="treeitem"]')]);
  return items.filter((item) => !item.parentElement?.closest('[aria-expanded="false"]'));
}

/** Makes one item, and then its buttons, reachable by Tab. @param {HTMLElement} tree @param {HTMLElement} element */
function makeCurrent(tree, element) {
  const current = element.closest('[role="treeitem"]');
  for (const item of tree.querySelectorAll('[tabindex="0"]')) item.setAttribute("tabindex", "-1");
  for (const item of [current, ...(current?.querySelectorAll(":scope > .tree-line button") ?? [])])
    item?.setAttribute("tabindex", "0");
}

/** @param {HTMLElement} tree @param {MouseEvent} event */
function onClick(tree, event) {
  const target = /** @type {Element} */ (event.target);
  const item = /** @type {HTMLElement | null} */ (target.closest('[role="treeitem"]'));
  if (!item || target.closest("button") || !tree.contains(item)) return;
  item.focus();
  if (item.hasAttribute("aria-expanded")) expand(item, item.getAttribute("aria-expanded") === "false");
}

/** @param {HTMLElement} tree @param {KeyboardEvent} event */
function onKey(tree, event) {
  const item = /** @type {HTMLElement} */ (event.target);
  if (item.getAttribute("role") !== "treeitem" || event.ctrlKey || event.metaKey) return;
  const all = visible(tree);
  const at = all.indexOf(item);
  const state = item.getAttribute("aria-expanded");
  const above = /** @type {HTMLElement | null} */ (item.parentElement?.closest('[role="treeitem"]') ?? null);
  if (event.key === "ArrowDown") all[at + 1]?.focus();
  else if (event.key === "ArrowUp") all[at - 1]?.focus();
  else if (event.key === "Home") all[0]?.focus();
  else if (event.key === "End") all.at(-1)?.focus();
  else if (event.key === "ArrowRight" && state === "false") expand(item, true);
  else if (event.key === "ArrowRight" && state === "true") all[at + 1]?.focus();
  else if (event.key === "ArrowLeft" && state === "true") expand(item, false);
  else if (event.key === "ArrowLeft") above?.focus();
  else if ((event.key === "Enter" || event.key === " ") && state) expand(item, state === "false");
  else return;
  event.preventDefault();
  event.stopPropagation();
}
