/**
 * The elements of one line of the grid: a row's number with its grip, its box, its button and the mark of its comments, and
 * the slots of its cells.
 *
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").Cell} Cell
 * @typedef {{ element: HTMLElement, column?: Column, cell?: Cell, row: number, marks: string, refusal?: string }} Slot
 * @typedef {{ element: HTMLElement, number: Text, pick: HTMLInputElement, comments: HTMLElement, slots: Slot[], index: number, y: number, marks: string,
 *   row?: import("./types.d.ts").Row }} Line
 */

import { make } from "../ui/elements.js";
import { icon, iconButton } from "../ui/icons.js";

/** @param {string} role @param {string} className */
export const newPart = (role, className) => make("div", { role, className });

/** @param {boolean} canEdit @returns {Line} */
export function newLine(canEdit) {
  const element = newPart("row", "line");
  const number = document.createTextNode("");
  const pick = make("input", { type: "checkbox", className: "pick", tabIndex: -1 });
  const opener = iconButton("expand", "Open as a record", "open-record", null, { tabIndex: -1 });
  const comments = make("span", { className: "commented", hidden: true });
  const head = newPart("rowheader", "n");
  if (canEdit) head.append(make("span", { className: "move-row", title: "Drag to move the row" }, icon("grip")));
  head.append(pick, make("span", "number", number), opener, comments);
  element.append(head);
  return { element, number, pick, comments, slots: [], index: -1, y: -1, marks: "" };
}
