/**
 * The head of the grid: names, types, progress, resizing, and the buttons of each column.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../../runs/progress.js").Progress} Progress
 * @typedef {import("./counts.js").Counts} Counts
 */

import { openRunMenu } from "../../runs/run-menu.js";
import { isOpen, percent } from "../../runs/run-words.js";
import { reasonOf } from "../../ui/api.js";
import { make } from "../../ui/elements.js";
import { icon, iconButton } from "../../ui/icons.js";
import { toast } from "../../ui/notices.js";
import { renameInPlace } from "../../ui/rename.js";
import { isComputed } from "../cells.js";
import { TYPE_NAME } from "../columns.js";
import { only } from "../conditions.js";
import { moveColumn } from "../display.js";
import { HEADER } from "../selection.js";
import { newChip, paintChip } from "./chip.js";
import { change, openAddMenu, openColumnMenu } from "./column-menu.js";
import { followHead } from "./reorder.js";

const SAVE_WIDTH_MS = 400; // after the last step of a resize
const PADDING = 24; // px around the text of a cell
const BESIDE_NAME = 48; // px of the sign and the menu
const BESIDE_STATE = 14; // px of the dot

/** The width that a cell or a head needs to show all of its text. @param {HTMLElement} cell */
function widthOf(cell) {
  const text = cell.querySelector(".name, .s") ?? cell;
  const range = document.createRange();
  range.selectNodeContents(text);
  const beside = text === cell ? 0 : text.className === "name" ? BESIDE_NAME : BESIDE_STATE;
  return Math.ceil(range.getBoundingClientRect().width) + PADDING + beside;
}

export class Header {
  /** @type {Map<number, HTMLElement>} by column id */
  #cells = new Map();
  /** What the head shows, so that a reload without a change does not build it again. */
  #built = "";
  /** The column whose settings are open. @type {number | undefined} */
  #open;
  /** Whether the panel is open for a column that is still to be made. */
  makesNew = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saving;

  /** @param {Grid} grid @param {HTMLElement} row @param {Progress} progress @param {Counts} counts */
  constructor(grid, row, progress, counts) {
    this.grid = grid;
    this.row = row;
    this.progress = progress;
    this.counts = counts;
    grid.columns.addEventListener("change", () => {
      this.#build();
      this.#paint();
    });
    grid.columns.addEventListener("widths", () => this.#paint());
    counts.addEventListener("change", () => this.#paint());
    grid.selection.addEventListener("change", () => this.#paint());
    progress.addEventListener("change", () => this.#paint());
    document.addEventListener("marl:panel-open", (event) =>
      this.#panel(/** @type {CustomEvent} */ (event).detail?.columnId),
    );
    document.addEventListener("marl:panel-close", () => this.#panel(undefined));
    this.#build();
  }

  /** @param {number | string | null | undefined} columnId whose settings are open; null: of a column to be made */
  #panel(columnId) {
    const before = this.#open;
    this.#open = columnId === undefined || columnId === null ? undefined : Number(columnId);
    this.makesNew = columnId === null;
    const index = this.#open === undefined ? -1 : this.grid.columns.indexOf(this.#open);
    if (this.#open !== before && index >= 0) this.grid.viewport.reveal(-1, index); // not hidden by the panel
    this.#paint();
  }

  /** Shows a column that was made in the panel: beside the one that was active, and in sight. @param {number} id */
  async showNew(id) {
    const { columns, selection, viewport, rows } = this.grid;
    const neighbor = columns.list[selection.column];
    const isLast = columns.byId(id)?.position === columns.all.length - 1;
    if (neighbor && selection.column > 0 && isLast) await columns.placeAfter(id, neighbor).catch(() => {}); // at the end it is as good
    const index = columns.indexOf(id);
    if (index < 0) return;
    selection.move(rows.total ? Math.max(0, selection.row) : HEADER, index);
    viewport.reveal(selection.row, index);
  }

  #build() {
    const shown = JSON.stringify(this.grid.columns.list.map(({ id, name, type, pinned }) => [id, name, type, pinned]));
    if (this.#built === shown || this.row.querySelector(".rename")) return; // it is built once the new name is saved
    this.#built = shown;
    this.#cells.clear();
    this.grid.selection.letGoOfColumns(); // their indexes may be those of others by now
    const corner = this.#newCell("n", 1);
    corner.append(this.#newPickAll());
    const cells = this.grid.columns.list.map((column, index) => this.#newColumn(column, index));
    this.row.replaceChildren(corner, ...cells, ...(this.grid.canEdit ? [this.#newEnd()] : []));
    this.#paint();
  }

  /** @param {string} name @param {number} index from 1 */
  #newCell(name, index) {
    return make("div", { className: name, role: "columnheader", ariaColIndex: String(index) });
  }

  #newPickAll() {
    const { selectedRows } = this.grid;
    const box = make("input", { type: "checkbox", className: "pick", tabIndex: -1, ariaLabel: "Select all rows" });
    box.addEventListener("change", () => (box.checked ? selectedRows.selectAll() : selectedRows.clear()));
    const paint = () => {
      box.checked = selectedRows.count > 0 && selectedRows.count === this.grid.rows.total;
      box.indeterminate = selectedRows.count > 0 && !box.checked;
    };
    selectedRows.addEventListener("change", paint);
    paint();
    return box;
  }

  #newEnd() {
    const cell = this.#newCell("end", this.grid.columns.count + 2);
    const add = iconButton("add", "Add column", "add", () => this.openAdd(add), { tabIndex: -1 });
    cell.append(add);
    return cell;
  }

  /** @param {Column} column @param {number} index */
  #newColumn(column, index) {
    const { grid } = this;
    const cell = this.#newCell("h", index + 2);
    cell.id = `column-${column.id}`;
    const sign = make(
      "span",
      { className: "type", title: TYPE_NAME[column.type], ariaHidden: "true" },
      icon(column.type),
    );
    cell.append(sign, make("span", "name", column.name));
    if (column.type === "http") cell.append(newChip((filter) => void this.#filter(column, filter)));
    this.counts.watch(cell, column);
    cell.append(...this.#newButtons(column, index));
    this.#cells.set(column.id, cell);
    cell.addEventListener("pointerdown", (event) => {
      if (/** @type {Element} */ (event.target).closest("button, input, .grip")) return;
      if (event.button !== 0 && grid.selection.hasColumn(index)) return; // its menu is for all that are selected
      this.#select(index, event);
      followHead(event, grid, index, (to) => this.shift(index, to - index));
    });
    cell.addEventListener("dblclick", (event) => {
      if (grid.canEdit && !(/** @type {Element} */ (event.target).closest("button, .grip"))) this.rename(column);
    });
    cell.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      this.openMenu(index);
    });
    return cell;
  }

  /** Shows the rows that the chip of a column counts. @param {Column} column @param {"errors" | "stale"} value */
  async #filter({ id }, value) {
    const others = only(this.grid.view.spec.filters, ({ column, op }) => column !== id || op !== "state");
    await this.grid.view.change({ filters: [...others, { column: id, op: "state", value }] });
    this.grid.selection.move(0, this.grid.columns.indexOf(id));
    this.grid.viewport.reveal(0, this.grid.selection.column);
    this.grid.sheet.focus({ preventScroll: true });
  }

  /** Selects a whole column; with Shift all up to it, with Ctrl in addition to the others. @param {number} index @param {PointerEvent} event */
  #select(index, { shiftKey, ctrlKey, metaKey }) {
    const { selection, sheet } = this.grid;
    if (ctrlKey || metaKey) selection.toggleColumn(index);
    else selection.selectColumn(index, { extend: shiftKey });
    sheet.focus({ preventScroll: true });
  }

  /** @param {Column} column @param {number} index */
  #newButtons(column, index) {
    const label = `${column.name}: column menu`;
    const more = iconButton("down", label, "more", () => this.openMenu(index), { tabIndex: -1 });
    if (!this.grid.canEdit) return [more];
    const buttons = [];
    if (column.type === "http") {
      const openMenu = () =>
        void openRunMenu(this.grid, column, () => (run.isConnected ? run : this.#cells.get(column.id)));
      const run = iconButton("run", `Run ${column.name}`, "run-button", openMenu, { tabIndex: -1 });
      buttons.push(run);
    }
    const grip = make("span", "grip");
    this.#followGrip(grip, column);
    return [...buttons, more, grip];
  }

  /** @param {HTMLElement} grip @param {Column} column */
  #followGrip(grip, column) {
    grip.addEventListener("dblclick", () => this.#fit(column));
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      const start = event.clientX - column.width;
      const move = (/** @type {PointerEvent} */ { clientX }) => this.grid.columns.resize(column, clientX - start);
      grip.addEventListener("pointermove", move);
      const stop = () => {
        grip.removeEventListener("pointermove", move);
        this.#saveWidth(column);
      };
      grip.addEventListener("lostpointercapture", stop, { once: true });
    });
  }

  /** Fits the width to the cells in view. @param {Column} column */
  #fit(column) {
    const { columns, viewport } = this.grid;
    const head = this.#cells.get(column.id);
    const cells = viewport.cellsOf(columns.indexOf(column.id));
    columns.resize(column, Math.max(...[...cells, ...(head ? [head] : [])].map(widthOf)));
    this.#saveWidth(column);
  }

  /** @param {Column} column */
  #saveWidth(column) {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(async () => {
      try {
        await this.grid.columns.save(column, { width: column.width });
      } catch (error) {
        toast(`The width wasn't saved. ${reasonOf(error)}`);
      }
    }, SAVE_WIDTH_MS);
  }

  #paint() {
    const { selection, columns } = this.grid;
    columns.list.forEach((column, index) => {
      const cell = this.#cells.get(column.id);
      if (!cell) return;
      columns.stick(cell, index);
      this.#paintRun(cell, column);
      cell.classList.toggle("open", this.#open === column.id);
      cell.classList.toggle("selected", selection.hasColumn(index));
      const isHere = selection.row === HEADER && selection.column === index;
      if (isHere && !cell.classList.contains("here") && isComputed(column)) this.counts.showTipSoon(cell, column.id);
      if (!isHere && cell.classList.contains("here")) this.counts.hideTip();
      cell.classList.toggle("here", isHere);
    });
  }

  /** @param {HTMLElement} cell @param {Column} column */
  #paintRun(cell, column) {
    const run = this.progress.ofColumn(column.id);
    paintChip(cell, column, run);
    cell.classList.toggle("runs", run !== undefined && isOpen(run));
    cell.classList.toggle("held", run?.state === "paused");
    cell.style.setProperty("--done", run ? `${percent(run)}%` : "0");
  }

  /** @param {number} index */
  openMenu(index) {
    const column = this.grid.columns.list[index];
    if (!column || !this.#cells.has(column.id)) return;
    const at = () => this.#cells.get(column.id); // heads are drawn anew
    openColumnMenu(this.grid, column, at, { rename: (it) => this.rename(it) });
  }

  /** @param {HTMLElement} button */
  openAdd(button) {
    openAddMenu(this.grid, button, { rename: (it) => this.rename(it) });
  }

  /** @param {Column} column */
  rename(column) {
    const name = /** @type {HTMLElement | null | undefined} */ (this.#cells.get(column.id)?.querySelector(".name"));
    if (!name || !this.grid.canEdit) return;
    renameInPlace(name, {
      label: "Column name",
      name: column.name,
      save: async (name) => void (await change(this.grid, column, { name })),
      done: () => {
        this.#build();
        this.grid.sheet.focus({ preventScroll: true });
      },
    });
  }

  /** @param {number} index @param {number} by places */
  shift(index, by) {
    const column = this.grid.columns.list[index];
    const to = index + by;
    if (!column || !this.grid.canEdit || to < 0 || to >= this.grid.columns.count) return;
    this.grid.selection.move(HEADER, to);
    void moveColumn(this.grid, column, this.grid.columns.list[to]);
  }

  /** @param {number} index @param {number} by px */
  resize(index, by) {
    const column = this.grid.columns.list[index];
    if (!column || !this.grid.canEdit) return;
    this.grid.columns.resize(column, column.width + by);
    this.#saveWidth(column);
  }
}
