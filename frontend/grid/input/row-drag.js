/**
 * Drags rows to another place by the grip at their number, with a line where they would land.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 */

import { make } from "../../ui/elements.js";
import { toast } from "../../ui/notices.js";
import { moveRowsTo, whyNoMove } from "../edit/moving.js";
import { drag } from "./drag.js";

/** Drags the chosen rows if this is one of them, else this one alone. @param {PointerEvent} event on the grip @param {Grid} grid @param {number} index */
export function dragRow(event, grid, index) {
  const why = whyNoMove(grid);
  if (why) return toast(why);
  const { selection, selectedRows, viewport, sheet, rows } = grid;
  if (!selectedRows.has(rows.at(index)?.id)) {
    selection.selectRow(index);
    selectedRows.clear();
  }
  const line = make("div", "drop-row-line");
  /** @type {number | undefined} */
  let gap;
  const stop = () => {
    line.remove();
    sheet.classList.remove("moves-rows");
  };
  drag(
    event,
    viewport,
    (_, { y }) => {
      gap = viewport.gapNear(y);
      line.style.transform = `translateY(${viewport.yOf(gap)}px)`;
      if (line.isConnected) return;
      viewport.body.append(line);
      sheet.classList.add("moves-rows");
    },
    () => {
      stop();
      if (gap !== undefined) void moveRowsTo(grid, gap);
    },
    stop,
  );
}
