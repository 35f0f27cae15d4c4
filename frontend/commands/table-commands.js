/**
 * The commands of a table: its buttons and menus, and what can be done with each of its columns.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../ui/commands.js").Command} Command
 * @typedef {import("../ui/menu.js").Item} Item
 * @typedef {import("../grid/head/header.js").Header} Header
 */

import { addItems, columnItems } from "../grid/head/column-menu.js";
import { commandsOf, offerCommands } from "../ui/commands.js";
import { byId } from "../ui/elements.js";

/** @param {Grid} grid @param {Header} header @param {() => (Item | "line")[]} menu of the table */
export function offerTableCommands(grid, header, menu) {
  const bars = [byId("toolbar"), byId("bulk"), byId("progress").parentElement];
  offerCommands(() => viewCommands(grid));
  offerCommands(() => grid.columns.list.flatMap((column) => columnCommands(grid, header, column)));
  offerCommands(() => [
    ...(grid.canEdit ? fromItems(addItems(grid, header), "Table").map(toAdd) : []),
    ...fromItems(menu(), "Table"),
    ...exportCommand(),
    ...bars.flatMap((bar) => commandsOf(bar, "Table")),
  ]);
}

/** @param {(Item | "line")[]} items @param {string} note @returns {Command[]} */
const fromItems = (items, note) =>
  items
    .filter((item) => item !== "line")
    .filter(({ disabled }) => !disabled)
    .map(({ text, icon, run }) => ({ text, icon, note, run }));

/** Opens what the button of the export opens, where the table has anything to export. @returns {Command[]} */
function exportCommand() {
  const opener = /** @type {HTMLElement | null} */ (document.querySelector('[popovertarget="export-menu"]'));
  return opener ? [{ text: "Export…", icon: "export", note: "Table", run: () => opener.click() }] : [];
}

/** @param {Command} command @returns {Command} */
const toAdd = (command) => ({ ...command, text: `Add column: ${command.text}` });

/** The views that are not shown. @param {Grid} grid @returns {Command[]} */
function viewCommands({ view, sheet }) {
  /** @param {import("../grid/types.d.ts").ViewId} id @param {string} text @returns {Command} */
  const command = (id, text) => {
    const run = () => {
      sheet.focus({ preventScroll: true });
      void view.show(id);
    };
    return { text, note: "Go to view", icon: "filter", run };
  };
  /** @type {{ id: import("../grid/types.d.ts").ViewId, name: string }[]} */
  const views = [{ id: "", name: "All rows" }, { id: "errors", name: "Errors" }, ...view.saved];
  return views.filter(({ id }) => id !== view.id).map(({ id, name }) => command(id, name));
}

/** @param {Grid} grid @param {Header} header @param {import("../grid/types.d.ts").Column} column @returns {Command[]} */
function columnCommands(grid, header, column) {
  const go = () => {
    grid.selection.move(Math.max(0, grid.selection.row), grid.columns.indexOf(column.id));
    grid.viewport.reveal(grid.selection.row, grid.selection.column);
    grid.sheet.focus({ preventScroll: true });
  };
  /** @type {Command[]} */
  const commands = [{ text: column.name, note: "Go to column", icon: column.type, run: go }];
  if (!grid.canEdit) return commands;
  const items = columnItems(grid, column, grid.sheet.getBoundingClientRect(), header);
  return [
    ...commands,
    ...fromItems(items, "Column").map(({ text, icon, note, run }) => ({
      text: `${column.name}: ${text}`,
      icon,
      note,
      run: () => {
        go();
        run();
      },
    })),
  ];
}
