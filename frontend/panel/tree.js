/** A JSON answer as a tree; a click on a name takes its path. */

const MOST = 200; // shown of one object or list

/**
 * Turns the text of every answer below `root` into a tree; what is not JSON stays text.
 * @param {HTMLElement} root
 */
export function growTrees(root) {
  for (const holder of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-tree]"))) {
    const text = holder.querySelector("pre")?.textContent ?? "";
    const value = parsed(text);
    holder.removeAttribute("data-tree");
    if (value === null || typeof value !== "object") continue;
    const hint = Object.assign(document.createElement("p"), {
      className: "hint",
      textContent: "Click a name to return only that field. Once this column is saved, + column keeps it in a column of its own.",
    });
    holder.replaceChildren(hint, branch(value, ""));
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {object} value
 * @param {string} path
 * @returns {HTMLElement}
 */
function branch(value, path) {
  const list = document.createElement("ul");
  const entries = Object.entries(value);
  for (const [key, item] of entries.slice(0, MOST)) list.append(entry(key, item, joined(path, key, Array.isArray(value))));
  if (entries.length > MOST) list.append(Object.assign(document.createElement("li"), { textContent: `… ${entries.length - MOST} more` }));
  return list;
}

/**
 * @param {string} key
 * @param {unknown} value
 * @param {string} path
 */
function entry(key, value, path) {
  const item = document.createElement("li");
  const name = Object.assign(document.createElement("button"), { type: "button", textContent: key, title: path });
  name.dataset.fieldPath = path;
  if (value === null || typeof value !== "object") {
    const leaf = Object.assign(document.createElement("span"), { className: `value ${typeof value}`, textContent: JSON.stringify(value) });
    item.append(name, ": ", leaf, " ", columnButton(key, path));
    return item;
  }
  const details = document.createElement("details");
  const size = Object.keys(value).length;
  const count = Object.assign(document.createElement("span"), {
    className: "hint",
    textContent: Array.isArray(value) ? `[${size}]` : `{${size}}`,
  });
  const summary = document.createElement("summary");
  summary.append(name, " ", count, " ", columnButton(key, path));
  details.append(summary);
  details.open = size <= 20 && path.split(".").length < 3;
  if (details.open) details.append(branch(value, path));
  else details.addEventListener("toggle", () => details.append(branch(value, path)), { once: true });
  item.append(details);
  return item;
}

/**
 * Shown for a column that is saved: there is something to take the field from.
 * @param {string} key
 * @param {string} path
 */
function columnButton(key, path) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "+ column", className: "as-column" });
  button.setAttribute("aria-label", `${key} as a column`);
  button.dataset.fieldColumn = path;
  button.dataset.fieldName = key;
  return button;
}

/**
 * @param {string} path
 * @param {string} key
 * @param {boolean} inList
 */
export function joined(path, key, inList) {
  if (inList) return `${path}[${key}]`;
  const plain = !/[.[\]\\"]/.test(key) && key !== "" && key.trim() === key && !key.startsWith("$");
  if (!plain) return `${path}[${JSON.stringify(key)}]`;
  return path ? `${path}.${key}` : key;
}
