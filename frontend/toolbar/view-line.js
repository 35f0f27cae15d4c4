/**
 * The line below the tabs, there when something is filtered, sorted or not saved: a chip for each filter and sort, and
 * what becomes of the changes.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("./groups.js").Groups} Groups
 */

import { button, make } from "../ui/elements.js";
import { icon, iconButton } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { wordsOfItem } from "./operators.js";
import { saveAsNew, saveChanges } from "./saved-views.js";

/** @param {Grid} grid @param {HTMLElement} line @param {(name: string) => HTMLElement} part of the toolbar @param {Groups} groups */
export function startViewLine(grid, line, part, groups) {
  const list = make("div", "chips");
  const actions = make("div", "actions");
  line.append(list, actions);
  const paint = () => {
    const shown = [...groupChips(grid, groups), ...filterChips(grid, part), ...sortChips(grid, part)];
    list.replaceChildren(...shown);
    const hadFocus = actions.contains(document.activeElement);
    actions.replaceChildren(...newActions(grid));
    line.hidden = !shown.length && !actions.childElementCount;
    if (hadFocus && !actions.contains(document.activeElement)) grid.sheet.focus({ preventScroll: true });
  };
  grid.view.addEventListener("change", paint);
  grid.view.addEventListener("saved", paint);
  grid.columns.addEventListener("change", paint);
  groups.addEventListener("change", paint);
  document.addEventListener("marl:rows-listed", (event) => {
    const { rows, filter } = /** @type {CustomEvent} */ (event).detail;
    if (rows) void grid.view.showOnly(filter).then(() => tellWhereCovered(grid));
    else toast("With the settings as they are now, all of these rows can be sent.");
  });
  paint();
}

/** On a narrow screen the panel lies over the grid. @param {Grid} grid */
function tellWhereCovered({ sheet }) {
  const { left, top, width, height } = sheet.getBoundingClientRect();
  if (sheet.contains(document.elementFromPoint(left + width / 2, top + height / 2))) return;
  toast("The grid shows these rows alone. Close the panel to see them.");
}

/** @param {Grid} grid */
function newActions(grid) {
  const { view, canEdit } = grid;
  const { filters, sorts, group } = view.spec;
  const save = button("Save changes", "btn small", () => void saveChanges(grid));
  const saveNew = button(view.current ? "Save as new view" : "Save as view", "btn small", () => void saveAsNew(grid));
  if (view.current) {
    const discard = button("Discard", "btn small ghost", () => void view.discard());
    discard.title = `Go back to what ${view.current.changed_by} saved`;
    return view.changed ? [...(canEdit ? [save, saveNew] : []), discard] : [];
  }
  if (view.before) {
    const back = button("Back", "btn small", () => void view.back());
    back.title = "Show the earlier rows";
    return [back];
  }
  if (!filters.length && !sorts.length && group === null) return [];
  const clear = button("Clear", "btn small ghost", () => void view.change({ filters: [], sorts: [], group: null }));
  return [...(canEdit ? [saveNew] : []), clear];
}

/** @param {Grid} grid @param {Groups} groups */
function groupChips({ view, sheet }, groups) {
  if (!groups.column) return [];
  const remove = () => void view.change({ group: null });
  return [newChip(groups.words, (chip) => groups.openMenu(chip), sheet, remove)];
}

/** @param {Grid} grid @param {(name: string) => HTMLElement} part */
function filterChips({ view, columns, sheet }, part) {
  const { filters } = view.spec;
  return filters.flatMap((filter, at) => {
    const words = wordsOfItem(filter, (id) => columns.byId(id));
    const remove = () => void view.change({ filters: filters.toSpliced(at, 1) });
    return words ? [newChip(words, () => press(part("filter")), sheet, remove)] : [];
  });
}

/** @param {Grid} grid @param {(name: string) => HTMLElement} part */
function sortChips({ view, columns, sheet }, part) {
  const { sorts } = view.spec;
  return sorts.flatMap(({ column: id, desc }, at) => {
    const column = columns.byId(id);
    if (!column) return [];
    const words = `${column.name}, ${desc ? "descending" : "ascending"}`;
    const remove = () => void view.change({ sorts: sorts.toSpliced(at, 1) });
    return [newChip(words, () => press(part("sort")), sheet, remove, icon(desc ? "descending" : "ascending"))];
  });
}

/** Presses a button of the toolbar, which gets the focus: the chip may be gone later. @param {HTMLElement} opener */
function press(opener) {
  opener.focus();
  opener.click();
}

/** @param {string} words @param {(chip: HTMLElement) => void} change opens what changes it @param {HTMLElement} sheet @param {() => void} remove @param {SVGElement[]} signs */
function newChip(words, change, sheet, remove, ...signs) {
  const open = button(words, "words", () => change(open));
  open.title = words;
  open.prepend(...signs);
  const onRemove = () => {
    remove();
    sheet.focus({ preventScroll: true });
  };
  return make("span", "chip", open, iconButton("close", `Remove: ${words}`, "close", onRemove));
}
