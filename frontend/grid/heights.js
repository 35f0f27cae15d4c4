/**
 * The height of the rows, stored for each table in this browser.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 */

import { openMenu } from "../ui/menu.js";

const HEIGHTS = { Compact: 32, Medium: 56, Tall: 96 }; // px: one, two and four lines

/** @param {Grid} grid */
const keyOf = (grid) => `marl:row-height:${grid.table.id}`;

/** @param {Grid} grid @returns {number} px */
function storedHeight(grid) {
  const px = Number(localStorage.getItem(keyOf(grid)));
  return Object.values(HEIGHTS).includes(px) ? px : HEIGHTS.Compact;
}

/** @param {Grid} grid @param {HTMLElement} button */
export function offerHeights(grid, button) {
  if (storedHeight(grid) !== grid.viewport.rowHeight) grid.viewport.setRowHeight(storedHeight(grid));
  button.addEventListener("click", () => {
    const items = Object.entries(HEIGHTS).map(([text, px]) => ({
      text,
      checked: px === grid.viewport.rowHeight,
      run: () => choose(grid, px),
    }));
    openMenu(button.getBoundingClientRect(), items, { label: "Row height", back: grid.sheet });
  });
}

/** @param {Grid} grid @param {number} px */
function choose(grid, px) {
  grid.viewport.setRowHeight(px);
  localStorage.setItem(keyOf(grid), String(px));
  grid.sheet.focus({ preventScroll: true });
}
