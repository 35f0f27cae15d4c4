/** Makes and finds elements. */

/**
 * Makes an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string | Partial<HTMLElementTagNameMap[Tag]>} properties a string is its class
 * @param {(string | Node)[]} content
 */
export function make(tag, properties, ...content) {
  const element = document.createElement(tag);
  if (typeof properties !== "string") Object.assign(element, properties);
  else if (properties) element.className = properties;
  element.append(...content);
  return element;
}

/**
 * Makes a button that does not submit a form.
 * @param {string} text @param {string} className
 * @param {((event: MouseEvent) => void) | null} onClick null where an element around it listens
 * @param {Partial<HTMLButtonElement>} [properties] such as `ariaLabel` where the text is only a sign
 */
export function button(text, className, onClick, properties = {}) {
  const element = make("button", { type: "button", className, ...properties }, text);
  if (onClick) element.addEventListener("click", onClick);
  return element;
}

/** Returns an element that the page must have. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}
