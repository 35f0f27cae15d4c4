/**
 * Makes columns of the fields of an answer: at once, next to their source, undone in one step.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {{ path: string, name: string }} NewField
 */

import { announceColumns, answerFieldsOf, fieldsChanged } from "../grid/signals.js";
import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";

const inWords = new Intl.ListFormat("en");
const MOST_NAMED = 4;

export class FieldColumns {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    grid.columns.addEventListener("change", fieldsChanged);
    answerFieldsOf(this);
  }

  /** The names of the columns that hold a field of this one, by path. @param {number} columnId @returns {Map<string, string>} */
  list(columnId) {
    const own = this.grid.columns.all.filter(({ type, config }) => type === "extract" && config?.source === columnId);
    return new Map(own.map(({ name, config }) => [String(config?.path), name]));
  }

  /** @param {number} columnId @param {NewField[]} fields */
  async add(columnId, fields) {
    try {
      /** @type {{ items: Column[] }} */
      const { items } = await api("POST", `/columns/${columnId}/fields`, { fields });
      const step = this.#stepOf(items);
      this.grid.history.add(Promise.resolve(step));
      await this.#show();
      this.grid.viewport.reveal(-1, this.grid.columns.indexOf(items[0].id));
      toast(`Added ${wordsFor(items)}.`, { undo: () => void this.#undo(step) });
    } catch (error) {
      toast(`No column was added. ${reasonOf(error)}`);
    }
  }

  /** @param {Column[]} items @returns {import("../grid/history.js").Step} */
  #stepOf(items) {
    const ids = items.map(({ id }) => id);
    const path = `/tables/${this.grid.table.id}/columns`;
    const undo = () => this.#call("DELETE", path, ids);
    const redo = () => this.#call("POST", `${path}/restore`, ids);
    return { label: `adding ${wordsFor(items)}`, undo, redo };
  }

  /** @param {string} method @param {string} path @param {number[]} ids */
  async #call(method, path, ids) {
    await api(method, path, { ids });
    await this.#show();
    return true;
  }

  async #show() {
    await this.grid.columns.reload();
    this.grid.rows.refresh();
    announceColumns();
  }

  /** @param {import("../grid/history.js").Step} step */
  async #undo(step) {
    try {
      await this.grid.history.undo(step);
    } catch (error) {
      toast(`Not undone. ${reasonOf(error)}`);
    }
  }
}

/** @param {Column[]} columns */
function wordsFor(columns) {
  return columns.length > MOST_NAMED ? `${columns.length} columns` : inWords.format(columns.map(({ name }) => name));
}
