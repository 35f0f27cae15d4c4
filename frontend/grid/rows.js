/**
 * Rows by index, fetched in blocks as they come into view.
 *
 * @typedef {import("./types.d.ts").Row} Row
 * @typedef {import("./types.d.ts").Cell} Cell
 */

import { ApiError, api } from "../ui/api.js";
import { BLOCK, blockOf, RowBlocks } from "./row-blocks.js";

const LONGEST_READ = 500; // the API's largest window
const SETTLE_MS = 30; // between two looks at what is in view: most of the rows that are scrolled past are never fetched
const RETRY_MS = 2000;

/** @param {number} rowId @param {number} columnId */
const keyOf = (rowId, columnId) => `${rowId}:${columnId}`;

/**
 * Dispatches `change` (paint again), `cells` (detail: the cells that the server announced), `total` (the number of rows
 * changed), `problem` (detail: a message), `announced` (the server announced changes; detail: the ids of their columns, or
 * undefined when rows were added or deleted), `comments` (others were written on a row; detail: its id) and `gone` (the server
 * no longer has the view).
 */
export class Rows extends EventTarget {
  #blocks = new RowBlocks();
  /** @type {Map<number, AbortController>} */
  #loading = new Map();
  /** Values typed here that the server has not confirmed, and what it has announced for them since. @type {Map<string, { cell: Cell, announced?: Cell, isLate?: boolean }>} */
  #unsaved = new Map();
  /** @type {Map<string, Cell>} announced while a block was being fetched, so perhaps newer than the block */
  #announced = new Map();
  /** Why cells refused what was pasted last. @type {Map<string, string>} */
  #refused = new Map();
  #version = 0;
  /** How often rows changed places here. What was asked for before shows them where they were. */
  #order = 0;
  /** How many changes of places are being stored. Until they are, the server has rows where they were. */
  #reordering = 0;
  /** The token of the view that is shown; empty for all rows in their own order. */
  view = "";
  #window = { first: 0, last: -1 };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** When the blocks in view were last looked at. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param {number} tableId @param {number} total */
  constructor(tableId, total) {
    super();
    this.tableId = tableId;
    this.total = total;
    /** Rows of the table, in the view or not. */
    this.tableTotal = total;
  }

  /** Shows other rows, or the same ones in another order, and aborts the requests under way. @param {string} view @param {number} total */
  open(view, total) {
    this.view = view;
    this.total = total;
    this.#version += 1;
    for (const request of this.#loading.values()) request.abort();
    this.#loading.clear();
    this.#blocks.clear();
    this.dispatchEvent(new Event("total"));
    this.dispatchEvent(new Event("change"));
  }

  /** The number of a row in the table, from 1; “…” while a row of a view is being fetched. @param {number} index */
  numberAt(index) {
    const position = this.at(index)?.position ?? (this.view ? undefined : index);
    return position === undefined ? "…" : String(position + 1);
  }

  /** @param {number} index @returns {Row | undefined} */
  at(index) {
    return this.#blocks.at(index);
  }

  /** @param {number} id @returns {Row | undefined} */
  byId(id) {
    return this.#blocks.byId(id);
  }

  /** Keeps the rows in view, and a few around them, loaded. @param {number} first @param {number} last */
  keepLoaded(first, last) {
    this.#window = { first, last };
    for (const number of this.#blocksInView()) this.#blocks.touch(number);
    const wait = this.#lookedAt + SETTLE_MS - performance.now();
    if (this.#timer === undefined && wait <= 0) this.#loadInView();
    else this.#timer ??= setTimeout(() => this.#loadInView(), wait);
  }

  #blocksInView() {
    const { first, last } = this.#window;
    const margin = BLOCK / 4;
    const from = blockOf(Math.max(0, first - margin));
    const to = blockOf(Math.min(this.total - 1, last + margin));
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  }

  #loadInView() {
    this.#timer = undefined;
    this.#lookedAt = performance.now();
    const inView = this.#blocksInView();
    for (const [number, request] of this.#loading) {
      if (inView.includes(number)) continue;
      request.abort();
      this.#loading.delete(number);
    }
    for (const number of inView) {
      if (!this.#blocks.isFresh(number) && !this.#loading.has(number)) void this.#load(number);
    }
  }

  /** @param {number} number */
  async #load(number) {
    const request = new AbortController();
    const [version, order] = [this.#version, this.#order];
    let isOutdated = false;
    this.#loading.set(number, request);
    try {
      const response = await this.#read(number * BLOCK, BLOCK, request.signal);
      if (request.signal.aborted) return; // another view is shown by now
      const isMoved = order !== this.#order || this.#reordering > 0;
      isOutdated = version !== this.#version || isMoved;
      if (isMoved && this.at(number * BLOCK)) return; // they are shown in their new places already
      for (const row of response.items) this.#overlay(row);
      this.#blocks.store(number, response.items, isOutdated);
      if (!this.view) this.tableTotal = response.total;
      this.#setTotal(response.total);
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (!request.signal.aborted) this.#reportProblem(error);
    } finally {
      if (this.#loading.get(number) === request) this.#loading.delete(number);
      if (!this.#loading.size) this.#announced.clear();
      if (isOutdated && !this.#reordering) this.#loadInView(); // after a failure there is a wait instead
    }
  }

  /** @param {unknown} error */
  #reportProblem(error) {
    if (error instanceof ApiError && error.code === "view_gone") return void this.dispatchEvent(new Event("gone"));
    const message = error instanceof ApiError ? error.message : "Can't reach the server. Trying again…";
    this.dispatchEvent(new CustomEvent("problem", { detail: message }));
    this.#timer ??= setTimeout(() => this.#loadInView(), RETRY_MS);
  }

  /**
   * @param {number} offset @param {number} limit @param {AbortSignal} [signal]
   * @returns {Promise<{ items: Row[], total: number }>}
   */
  #read(offset, limit, signal) {
    return api(
      "GET",
      `/tables/${this.tableId}/rows?offset=${offset}&limit=${limit}${this.view && `&view=${this.view}`}`,
      undefined,
      { signal },
    );
  }

  /** @param {Row} row */
  #overlay(row) {
    for (const columnId of Object.keys(row.cells)) {
      const key = keyOf(row.id, Number(columnId));
      const newer = this.#unsaved.get(key)?.cell ?? this.#announced.get(key);
      if (newer) row.cells[columnId] = newer;
    }
  }

  /** @param {number} total */
  #setTotal(total) {
    if (total === this.total) return;
    this.total = total;
    this.dispatchEvent(new Event("total"));
  }

  /** Shows cells that the server announced, and reads those that came without their values. @param {[number, number, Cell][]} batch */
  announce(batch) {
    let isOutdated = false;
    for (const [rowId, columnId, cell] of batch) {
      const key = keyOf(rowId, columnId);
      const unsaved = this.#unsaved.get(key);
      if (cell.value_length !== undefined) {
        isOutdated ||= this.byId(rowId) !== undefined || this.#loading.size > 0;
        this.#announced.delete(key);
        if (unsaved) unsaved.announced = undefined;
        continue;
      }
      if (unsaved) {
        unsaved.announced = cell;
        continue;
      }
      if (this.#loading.size) this.#announced.set(key, cell);
      this.#put(rowId, columnId, cell);
    }
    if (isOutdated) this.refresh();
    this.#emitAnnounced([...new Set(batch.map(([, columnId]) => columnId))]);
    this.dispatchEvent(new CustomEvent("cells", { detail: batch }));
    this.dispatchEvent(new Event("change"));
  }

  /** Says that the server announced other comments on a row. @param {number} rowId @param {number} number how many there are */
  announceComments(rowId, number) {
    this.setComments(rowId, number);
    this.dispatchEvent(new CustomEvent("comments", { detail: rowId }));
  }

  /** @param {number} rowId @param {number} number */
  setComments(rowId, number) {
    const row = this.byId(rowId);
    if (!row || (row.comments ?? 0) === number) return;
    row.comments = number;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number[]} [columnIds] */
  #emitAnnounced(columnIds) {
    this.dispatchEvent(new CustomEvent("announced", { detail: columnIds }));
  }

  /** Shows a value before the server has stored it. @param {number} rowId @param {number} columnId @param {unknown} value @returns {Cell} for `settle` */
  setOptimistic(rowId, columnId, value) {
    const cell = { value };
    this.#refused.delete(keyOf(rowId, columnId));
    this.#unsaved.set(keyOf(rowId, columnId), { cell });
    this.#put(rowId, columnId, cell);
    this.dispatchEvent(new Event("change"));
    return cell;
  }

  /**
   * Ends an optimistic value: `value` is what the server has stored, unless it has announced a cleaner form of it.
   * A newer optimistic value of the same cell stays.
   * @param {number} rowId @param {number} columnId @param {Cell} optimistic @param {unknown} value
   */
  settle(rowId, columnId, optimistic, value) {
    const key = keyOf(rowId, columnId);
    const unsaved = this.#unsaved.get(key);
    if (unsaved?.cell !== optimistic) return;
    this.#put(rowId, columnId, unsaved.announced ?? { value });
    this.#unsaved.delete(key);
    this.dispatchEvent(new Event("change"));
  }

  /** Marks cells whose value the server has not got yet, because it can't be reached. @param {Cell[]} optimistic */
  setLate(optimistic) {
    const late = new Set(optimistic);
    for (const unsaved of this.#unsaved.values()) unsaved.isLate ||= late.has(unsaved.cell);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} rowId @param {number} columnId */
  isLate(rowId, columnId) {
    return this.#unsaved.size > 0 && Boolean(this.#unsaved.get(keyOf(rowId, columnId))?.isLate);
  }

  /** Marks the cells that refused what was pasted. @param {import("./types.d.ts").Refusal[]} refusals */
  setRefusals(refusals) {
    this.#refused = new Map(refusals.map(({ row, column, message }) => [keyOf(row, column), message]));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} rowId @param {number} columnId */
  refusal(rowId, columnId) {
    return this.#refused.size ? this.#refused.get(keyOf(rowId, columnId)) : undefined;
  }

  /** The index of a row in the view; -1 if the view does not have it. @param {number} id @param {number} position in the table */
  async indexOf(id, position) {
    if (!this.view) return position;
    return (await api("GET", `/tables/${this.tableId}/views/${this.view}/rows/${id}`)).offset ?? -1;
  }

  /** @param {number} rowId @param {number} columnId @param {Cell} cell */
  #put(rowId, columnId, cell) {
    const row = this.byId(rowId);
    if (row) row.cells[columnId] = cell;
  }

  /** Shows loaded rows in another order, from an index on. @param {number} first @param {Row[]} rows */
  reorder(first, rows) {
    this.#order += 1;
    this.#blocks.reorder(first, rows);
    this.dispatchEvent(new Event("change"));
  }

  /** Shows what the server has only when a change of places is stored. @param {Promise<void>} storing */
  async keepOrder(storing) {
    this.#reordering += 1;
    try {
      await storing;
    } finally {
      this.#reordering -= 1;
      this.#order += 1;
      this.refresh();
    }
  }

  /** Fetches everything again; what is in view stays on the screen until then. */
  refresh() {
    this.#version += 1;
    this.#blocks.expire(this.#blocksInView());
    this.#timer ??= setTimeout(() => this.#loadInView(), SETTLE_MS);
  }

  /** Takes the new size of the table; a view keeps the rows it was opened with. @param {number} total rows of the table */
  resized(total) {
    this.tableTotal = total;
    if (this.view) this.dispatchEvent(new Event("total"));
    else this.#setTotal(total);
    this.#emitAnnounced();
    this.refresh();
  }

  /**
   * Takes away rows that were deleted here.
   * @param {number} count @param {number} before rows of the table with them @param {number} shown rows of the view with them
   */
  removed(count, before, shown) {
    this.resized(Math.min(this.tableTotal, before - count)); // the live event may have arrived first
    if (this.view) this.#setTotal(Math.min(this.total, shown - count));
  }

  /**
   * Shows rows that were appended here before they are fetched, so that they can be typed into at once.
   * @param {number[]} ids @param {number} before rows of the view without them @param {number} tableBefore rows of the table without them
   */
  appended(ids, before, tableBefore) {
    this.resized(Math.max(this.tableTotal, tableBefore + ids.length)); // the live event may have arrived first
    if (this.view) this.#setTotal(Math.max(this.total, before + ids.length));
    ids.forEach((id, i) => {
      this.#blocks.append(before + i, { id, position: tableBefore + i, cells: {} });
    });
  }

  /**
   * Returns the rows of a range in order, and fetches those that are not loaded.
   * @param {number} first @param {number} last
   * @returns {Promise<Row[]>}
   */
  async range(first, last) {
    /** @type {Row[]} */
    const rows = [];
    for (let index = first; index <= last; ) {
      const loaded = this.at(index);
      if (loaded) rows.push(loaded);
      else {
        const response = await this.#read(index, Math.min(LONGEST_READ, last - index + 1));
        if (!response.items.length) break;
        rows.push(...response.items);
      }
      index = first + rows.length;
    }
    return rows;
  }
}
