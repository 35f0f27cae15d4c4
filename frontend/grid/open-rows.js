/** The rows that are being typed into on this page. What runs by itself waits until they are left. */

import { api } from "../ui/api.js";
import { queueSave } from "../ui/saves.js";

const TOLD_EVERY_MS = 2000; // while keys are pressed; the server waits for five seconds

export class OpenRows {
  /** @type {Set<number>} */
  #ids = new Set();
  #toldAt = 0;

  /** @param {Pick<import("./types.d.ts").Grid, "table" | "rows" | "selection">} grid */
  constructor(grid) {
    this.grid = grid;
    grid.selection.addEventListener("change", () => this.#leaveOthers());
    addEventListener("pagehide", () => void this.#leave([...this.#ids], true));
  }

  /** Notes a row whose change is saved with `typing`. @param {number} rowId */
  add(rowId) {
    this.#ids.add(rowId);
    this.#toldAt = Date.now();
  }

  /** Keeps a row open that was opened before, while keys are pressed in it. @param {number} rowId */
  key(rowId) {
    if (!this.#ids.has(rowId) || Date.now() - this.#toldAt < TOLD_EVERY_MS) return;
    this.#toldAt = Date.now();
    void queueSave(() => this.#tell([rowId], false)).catch(() => {});
  }

  #leaveOthers() {
    const current = this.grid.rows.at(this.grid.selection.row)?.id;
    if (current === undefined) return; // its row is yet to be read
    void this.#leave([...this.#ids].filter((id) => id !== current));
  }

  /** After what was typed is saved. @param {number[]} ids @param {boolean} [now] because the page ends */
  async #leave(ids, now = false) {
    if (!ids.length) return;
    for (const id of ids) this.#ids.delete(id);
    const tell = () => this.#tell(ids, true, now);
    await (now ? tell() : queueSave(tell)).catch(() => {}); // without it the server waits out its seconds
  }

  /** @param {number[]} ids @param {boolean} left @param {boolean} [keepalive] */
  #tell(ids, left, keepalive) {
    return api("POST", `/tables/${this.grid.table.id}/rows/typing`, { ids, left }, { keepalive });
  }
}
