/** Icons, and the buttons that show nothing else. */

import { button } from "./elements.js";

/** @typedef {import("./icon-names.js").IconName} IconName */

const SVG = "http://www.w3.org/2000/svg";

const sprite = () => document.querySelector('meta[name="icons"]')?.getAttribute("content") ?? "";

/** @param {IconName} name @returns {SVGSVGElement} hidden from screen readers: the text beside it says what it means */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Makes a button that shows an icon alone; its name is also its tip.
 * @param {IconName} name @param {string} label @param {string} className
 * @param {((event: MouseEvent) => void) | null} onClick @param {Partial<HTMLButtonElement>} [properties]
 */
export function iconButton(name, label, className, onClick, properties = {}) {
  const made = button("", className, onClick, { ariaLabel: label, title: label, ...properties });
  made.append(icon(name));
  return made;
}
