/** Elements made in one line. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} name its class @param {(string | Node)[]} content
 */
export function make(tag, name, ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...content);
  return element;
}

/** @param {string} text @param {string} name @param {(event: MouseEvent) => void} click @param {string} [label] for screen readers */
export function button(text, name, click, label) {
  const made = make("button", name, text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", click);
  return made;
}
