/**
 * The rows that are held here, in blocks of 100; the least recently used block is forgotten first.
 *
 * @typedef {import("./types.d.ts").Row} Row
 */

export const BLOCK = 100; // rows
const BLOCKS_KEPT = 60;

/** @param {number} index */
export const blockOf = (index) => Math.floor(index / BLOCK);

export class RowBlocks {
  /** @type {Map<number, { rows: Row[], stale: boolean }>} in order of use, oldest first */
  #blocks = new Map();
  /** @type {Map<number, Row>} */
  #byId = new Map();

  /** @param {number} index @returns {Row | undefined} */
  at(index) {
    return this.#blocks.get(blockOf(index))?.rows[index % BLOCK];
  }

  /** @param {number} id @returns {Row | undefined} */
  byId(id) {
    return this.#byId.get(id);
  }

  /** Says whether a block is held, as the server has it as far as is known. @param {number} number */
  isFresh(number) {
    return this.#blocks.get(number)?.stale === false;
  }

  /** Makes a block the last one to be forgotten. @param {number} number */
  touch(number) {
    const block = this.#blocks.get(number);
    if (!block) return;
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
  }

  /** @param {number} number @param {Row[]} rows @param {boolean} stale */
  store(number, rows, stale) {
    this.#drop(number);
    for (const row of rows) this.#byId.set(row.id, row);
    this.#blocks.set(number, { rows, stale });
    for (const old of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS_KEPT) break;
      this.#drop(old);
    }
  }

  /** Adds a row that is not on the server's page yet, if the rows before it in its block are here. @param {number} index @param {Row} row */
  append(index, row) {
    const block = this.#blocks.get(blockOf(index)) ?? { rows: [], stale: true };
    if (block.rows.length !== index % BLOCK) return;
    block.rows.push(row);
    this.#byId.set(row.id, row);
    this.#blocks.set(blockOf(index), block);
  }

  /** Puts rows that are held in another order, from an index on. @param {number} first @param {Row[]} rows */
  reorder(first, rows) {
    rows.forEach((row, i) => {
      const block = this.#blocks.get(blockOf(first + i));
      if (block) block.rows[(first + i) % BLOCK] = row;
    });
  }

  /** Forgets all blocks but these, which are to be fetched again. @param {number[]} numbers */
  expire(numbers) {
    for (const [number, block] of this.#blocks) {
      if (numbers.includes(number)) block.stale = true;
      else this.#drop(number);
    }
  }

  clear() {
    this.#blocks.clear();
    this.#byId.clear();
  }

  /** @param {number} number */
  #drop(number) {
    for (const row of this.#blocks.get(number)?.rows ?? []) this.#byId.delete(row.id);
    this.#blocks.delete(number);
  }
}
