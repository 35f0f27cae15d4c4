/** "/" in a template opens a menu of columns; typing filters it, Enter puts {{Name}} in place of the slash. */

import { caretPosition } from "./caret.js";
import { replaceSelection } from "./problems.js";

/** @typedef {{ name: string, type: string }} Reference */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} TemplateField */
/** @typedef {{ field: TemplateField, slash: number, keepsSlash: boolean, active: number, shown: Reference[] }} Opened */

const MOST = 50;

/**
 * @param {HTMLElement} root the panel; its fields with data-template have the menu
 * @param {(field: TemplateField) => Reference[]} offered
 */
export function attachReferenceMenu(root, offered) {
  const list = Object.assign(document.createElement("ul"), { className: "menu reference-menu", id: "reference-menu" });
  list.popover = "manual";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Columns");
  root.append(list);
  /** @type {Opened | null} */
  let opened = null;

  /** @param {Event} event */
  function onInput(event) {
    const field = event.target;
    if (!isTemplate(field)) return;
    if (!opened && event instanceof InputEvent && event.data === "/") open(field);
    if (opened?.field === field) filter();
  }

  /** @param {TemplateField} field */
  function open(field) {
    const slash = (field.selectionStart ?? 0) - 1;
    if (insideScheme(field.value, slash) || insideReference(field.value, slash)) return;
    opened = { field, slash, keepsSlash: isPathSlash(field, slash), active: 0, shown: [] };
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-autocomplete", "list");
  }

  function filter() {
    if (!opened) return;
    const { field, slash } = opened;
    const caret = field.selectionStart ?? 0;
    const typed = field.value.slice(slash + 1, caret);
    opened.shown = field.value[slash] === "/" && caret > slash && !/[\n"{}]/.test(typed) ? matching(offered(field), typed) : [];
    opened.active = 0;
    if (opened.shown.length === 0) close();
    else show();
  }

  function show() {
    if (!opened) return;
    const { field, shown, active } = opened;
    list.replaceChildren(...shown.map((reference, index) => option(reference, index, index === active)));
    list.showPopover();
    const place = caretPosition(field, opened.slash);
    const height = list.offsetHeight;
    const above = place.bottom + height + 8 > innerHeight;
    list.style.left = `${Math.max(8, Math.min(place.left, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = `${above ? Math.max(8, place.bottom - height - 24) : place.bottom + 4}px`;
    field.setAttribute("aria-activedescendant", `reference-${active}`);
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  function close() {
    if (!opened) return;
    for (const name of ["aria-controls", "aria-autocomplete", "aria-activedescendant"]) opened.field.removeAttribute(name);
    opened = null;
    list.hidePopover();
  }

  /** @param {number} index */
  function choose(index) {
    if (!opened) return;
    const { field, slash, keepsSlash, shown } = opened;
    const reference = shown[index];
    if (!reference) return;
    field.focus();
    field.setSelectionRange(keepsSlash ? slash + 1 : slash, field.selectionStart ?? slash + 1);
    close();
    replaceSelection(field, written(reference.name));
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!opened || event.isComposing) return;
    const { active, shown, keepsSlash } = opened;
    const chosen = event.key === "Enter" || (event.key === "Tab" && !keepsSlash);
    if (event.key === "ArrowDown") opened.active = (active + 1) % shown.length;
    else if (event.key === "ArrowUp") opened.active = (active + shown.length - 1) % shown.length;
    else if (event.key === "Escape") close();
    else if (chosen && !event.ctrlKey && !event.metaKey) choose(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
    show();
  }

  root.addEventListener("input", onInput);
  root.addEventListener("keydown", onKey, { capture: true });
  root.addEventListener("focusout", close);
  root.addEventListener("scroll", close, { capture: true, passive: true });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const item = /** @type {Element} */ (event.target).closest("[role=option]");
    if (item) choose([...list.children].indexOf(item));
  });
}

/**
 * @param {EventTarget | null} target
 * @returns {target is TemplateField}
 */
function isTemplate(target) {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isField && target.dataset.template !== undefined;
}

/**
 * Whether the slash is one of the two in https://
 * @param {string} text
 * @param {number} slash
 */
function insideScheme(text, slash) {
  return /(^|[^/]):\/?$/.test(text.slice(0, slash));
}

/**
 * @param {string} text
 * @param {number} slash
 */
function insideReference(text, slash) {
  const before = text.slice(0, slash);
  return before.lastIndexOf("{{") > before.lastIndexOf("}}");
}

/**
 * In the path of an address the slash is meant, and the reference goes behind it.
 * @param {TemplateField} field
 * @param {number} slash
 */
function isPathSlash(field, slash) {
  const before = field.value.slice(0, slash);
  return field.dataset.template === "url" && /^\s*https?:\/\/[^?#]*[^/?#]$/i.test(before);
}

/**
 * Names that begin with what was typed, then names that hold it.
 * @param {Reference[]} references
 * @param {string} typed
 */
function matching(references, typed) {
  const wanted = typed.toLowerCase();
  const rank = (/** @type {Reference} */ { name }) => name.toLowerCase().indexOf(wanted);
  const found = references.filter((reference) => rank(reference) >= 0);
  return found.sort((one, other) => Number(rank(one) > 0) - Number(rank(other) > 0)).slice(0, MOST);
}

/**
 * @param {Reference} reference
 * @param {number} index
 * @param {boolean} active
 */
function option(reference, index, active) {
  const item = Object.assign(document.createElement("li"), { id: `reference-${index}` });
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", String(active));
  const name = Object.assign(document.createElement("span"), { className: "pill", textContent: reference.name });
  const type = Object.assign(document.createElement("span"), { className: "hint", textContent: reference.type });
  item.append(name, type);
  return item;
}

/** @param {string} name */
function written(name) {
  return `{{${name.replace(/[\\}]/g, "\\$&")}}}`;
}
