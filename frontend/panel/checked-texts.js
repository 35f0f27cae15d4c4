/**
 * Remembers which texts were checked: the places and edits of a problem are for the text as it was sent, not for what was
 * typed meanwhile.
 *
 * @typedef {Map<Element, string>} Texts by field
 */

/** @type {WeakMap<object, Texts>} by request */
const sent = new WeakMap();

/** @type {WeakMap<Element, Texts>} by problem */
const checked = new WeakMap();

/** @returns {Texts} of all forms as they are */
function textsNow() {
  const fields = [...document.forms].flatMap((form) => [...form.elements]);
  return new Map(fields.flatMap((field) => ("value" in field ? [[field, String(field.value)]] : [])));
}

/** @param {Event} event of htmx */
const requestOf = (event) => /** @type {CustomEvent} */ (event).detail.ctx;

/** Notes the texts that a request takes along. @param {Event} event */
export const noteSentTexts = (event) => void sent.set(requestOf(event), textsNow());

/**
 * Notes for problems that have just come which texts they are about: those that were sent, and of fields that came along
 * with them what these hold.
 * @param {Event} [event] none for a page that came with problems
 */
export function noteCheckedTexts(event) {
  const fresh = [...document.querySelectorAll(".problem[data-field]")].filter((problem) => !checked.has(problem));
  if (!fresh.length) return;
  const texts = new Map([...textsNow(), ...((event && sent.get(requestOf(event))) ?? [])]);
  for (const problem of fresh) checked.set(problem, texts);
}

/** Says whether a field still holds the text that a problem is about. @param {Element} problem @param {Element & { value: string }} field */
export const isAsChecked = (problem, field) => checked.get(problem)?.get(field) === field.value;
