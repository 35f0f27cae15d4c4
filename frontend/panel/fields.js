/** Fields with references: plain at first, editors as soon as their script is loaded. */

/** @typedef {import("../fields/editor.js").FieldEditor} FieldEditor */
/** @typedef {import("../fields/editor.js").Field} Field */
/** @typedef {import("../fields/references.js").Reference} Reference */

/** @type {Map<Element, FieldEditor>} by field */
const editors = new Map();
/** @type {typeof import("../fields/editor.js") | null} */
let loaded = null;
const PATIENCE_MS = 1000;

/** Loads the script of the editor before a panel opens; a slow network does not delay the panel. */
export function fetchEditor() {
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  return Promise.race([load().catch(() => null), patience]);
}

async function load() {
  loaded ??= await import("../fields/editor.js");
  return loaded;
}

/**
 * Makes editors for the fields of `root` that have none; at once if the script is loaded.
 * @param {HTMLElement} root
 * @param {(field: Field) => Reference[]} offered
 */
export function upgradeFields(root, offered) {
  for (const [field, editor] of editors) {
    if (editor.isGone) {
      editor.end();
      editors.delete(field);
    }
  }
  if (loaded) upgrade(root, offered, loaded);
  else void load().then((script) => upgrade(root, offered, script));
}

/**
 * @param {HTMLElement} root
 * @param {(field: Field) => Reference[]} offered
 * @param {typeof import("../fields/editor.js")} script
 */
function upgrade(root, offered, { FieldEditor }) {
  const nonce = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name="style-nonce"]'))?.nonce ?? "";
  for (const field of /** @type {NodeListOf<Field>} */ (root.querySelectorAll("[data-template]"))) {
    if (!editors.has(field)) editors.set(field, new FieldEditor(field, () => offered(field), nonce));
  }
  root.dispatchEvent(new CustomEvent("marl:fields-ready", { bubbles: true }));
}

/** @param {Element} field */
export const editorOf = (field) => editors.get(field);

/** Returns the field whose editor an element is part of, or the element itself. @param {Element} element @returns {Element} */
export function fieldAround(element) {
  for (const [field, editor] of editors) if (editor.holds(element)) return field;
  return element;
}

/** @param {HTMLElement} field */
export function focusField(field) {
  (editors.get(field) ?? field).focus();
}
