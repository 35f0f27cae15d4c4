/** Small pieces the popovers of the toolbar are made of. */
import { place } from "../ui/menu.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, unknown>} what properties @param {(string | Node)[]} content
 */
export function make(tag, what, ...content) {
  const element = Object.assign(document.createElement(tag), what);
  element.append(...content);
  return element;
}

/** @param {string} text @param {string} className @param {() => void} run @param {string} [label] */
export function newButton(text, className, run, label) {
  const button = make("button", { type: "button", className }, text);
  if (label) button.ariaLabel = label;
  button.addEventListener("click", run);
  return button;
}

/** @param {string} label @param {[string, string][]} options value and words @param {string} value @param {(value: string) => void} changed */
export function newSelect(label, options, value, changed) {
  const select = make(
    "select",
    { className: "in", ariaLabel: label },
    ...options.map(([key, words]) => make("option", { value: key }, words)),
  );
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
  return select;
}

/** Fills a popover whenever it opens, and puts it below its button. @param {HTMLElement} popover @param {HTMLElement} button @param {() => void} fill */
export function whenOpened(popover, button, fill) {
  popover.addEventListener("toggle", (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === "open";
    button.ariaExpanded = String(open);
    if (!open) return;
    fill();
    place(popover, button.getBoundingClientRect());
  });
}
