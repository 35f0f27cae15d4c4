/**
 * Offers to save what could not be saved while nobody was signed in, or while somebody had no right to change it.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../unsaved.js").Entry} Entry
 */

import { copy } from "../../ui/copy.js";
import { plural } from "../../ui/format.js";
import { showNotice } from "../../ui/notices.js";
import { plainText } from "../cells.js";
import { edit } from "./edits.js";
import { addPasted } from "./pasting.js";
import { formatTable } from "./tsv.js";

const LONGEST_NAMED = 40; // characters of a value in the notice

/** @param {Grid} grid */
export function offerUnsaved(grid) {
  grid.unsaved.addEventListener("refused", (event) => {
    const { entry, why, forget } = /** @type {CustomEvent} */ (event).detail;
    offer(grid, entry, why, forget);
  });
  const left = grid.unsaved.take();
  if (left)
    offer(
      grid,
      left,
      `${wordsOf(grid, left)} not saved before the page was left.`,
      grid.unsaved.keep(() => left),
    );
}

/** @param {Grid} grid @param {Entry} entry @param {string} words @param {() => void} forget */
function offer(grid, entry, words, forget) {
  const save = () => {
    forget();
    void saveAll(grid, entry);
  };
  const actions = [
    ...(grid.canEdit ? [{ label: "Save now", run: save }] : []),
    { label: "Copy", run: () => void copyAll(entry).then(() => offer(grid, entry, words, forget)) },
    { label: "Discard", run: forget },
  ];
  showNotice(words, { actions, stays: true });
}

/** Not over what somebody else has written since. @param {Grid} grid @param {Entry} entry */
async function saveAll(grid, { changes, added }) {
  if (changes.length) await edit(grid, changes, plural(changes.length, "kept edit"), { ifUnchanged: true });
  if (added.length) await addPasted(grid, added);
}

/** @param {Entry} entry */
function copyAll({ changes, added }) {
  const rows = Map.groupBy(changes, ({ rowId }) => rowId);
  const changed = [...rows.values()].map((row) => row.map(({ after }) => plainText(after)));
  return copy(formatTable([...changed, ...added.map((row) => Object.values(row))]), "Copied.");
}

/** “Zeta” in Company was · 5 cells were @param {Grid} grid @param {Entry} entry */
function wordsOf(grid, { changes, added }) {
  const count = changes.length + added.reduce((sum, row) => sum + Object.keys(row).length, 0);
  if (count > 1) return `${plural(count, "cell")} were`;
  const [only] = changes;
  const text = plainText(only ? only.after : Object.values(added[0])[0]);
  const named = text.length > LONGEST_NAMED ? `${text.slice(0, LONGEST_NAMED)}…` : text;
  const name = only && grid.columns.byId(only.columnId)?.name;
  return `${named ? `“${named}”` : "An empty value"}${name ? ` in ${name}` : ""} was`;
}
