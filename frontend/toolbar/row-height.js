/**
 * The height of the rows, a part of the view.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").RowHeight} RowHeight
 */

import { openMenu } from "../ui/menu.js";

/** @type {Record<RowHeight, { text: string, px: number }>} one, two and four lines */
const HEIGHTS = {
  compact: { text: "Compact", px: 32 },
  medium: { text: "Medium", px: 56 },
  tall: { text: "Tall", px: 96 },
};

/** @param {Grid} grid @param {HTMLElement} opener */
export function offerHeights(grid, opener) {
  const apply = () => {
    const { px } = HEIGHTS[grid.view.spec.rowHeight] ?? HEIGHTS.compact;
    if (px !== grid.viewport.rowHeight) grid.viewport.setRowHeight(px);
  };
  grid.view.addEventListener("change", apply);
  apply();
  opener.addEventListener("click", () => {
    const items = Object.entries(HEIGHTS).map(([rowHeight, { text }]) => ({
      text,
      checked: rowHeight === grid.view.spec.rowHeight,
      run: () => {
        void grid.view.change({ rowHeight: /** @type {RowHeight} */ (rowHeight) });
        grid.sheet.focus({ preventScroll: true });
      },
    }));
    openMenu(opener, items, { label: "Row height", back: grid.sheet });
  });
}
