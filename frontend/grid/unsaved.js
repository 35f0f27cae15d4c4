/**
 * Keeps what was typed or pasted and could not be saved while nobody was signed in, or may not change it any more: over a
 * load of the page, in this tab only, for the same person. It is offered then, not saved by itself.
 *
 * @typedef {import("./types.d.ts").Change} Change
 * @typedef {{ changes: Change[], added: Record<string, string>[] }} Entry `added`: the values of new rows
 */

import { ApiError } from "../ui/api.js";

/** @param {unknown} error */
export const isLockedOut = (error) => error instanceof ApiError && (error.status === 401 || error.status === 403);

/** Dispatches `refused` (detail: an entry, and why) for what the server has refused to somebody. */
export class Unsaved extends EventTarget {
  /** @type {Set<() => Entry | undefined>} */
  #kept = new Set();
  #key;
  /** Whether the page is about to go, because nobody is signed in: then it doesn't ask before. */
  isSignedOut = false;

  /** @param {number} tableId @param {string} userId */
  constructor(tableId, userId) {
    super();
    this.#key = `marl-unsaved:${userId}:${tableId}`;
    addEventListener("marl:signed-out", () => (this.isSignedOut = true));
    addEventListener("pagehide", () => this.#store());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#remove());
  }

  /** Keeps an entry, which is read when the page goes. @param {() => Entry | undefined} entry @returns {() => void} forgets it */
  keep(entry) {
    this.#kept.add(entry);
    return () => void this.#kept.delete(entry);
  }

  /** Keeps what the server has refused, and offers it. @param {Entry} entry @param {string} why */
  refuse(entry, why) {
    const forget = this.keep(() => entry);
    this.dispatchEvent(new CustomEvent("refused", { detail: { entry, why, forget } }));
  }

  /** Returns what the page has left when it went, once. @returns {Entry | undefined} */
  take() {
    const stored = sessionStorage.getItem(this.#key);
    this.#remove();
    return stored ? JSON.parse(stored) : undefined;
  }

  #remove() {
    sessionStorage.removeItem(this.#key);
  }

  #store() {
    const entries = [...this.#kept].flatMap((entry) => entry() ?? []);
    if (!entries.length) return;
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(merged(entries)));
    } catch {
      // more than the browser keeps
    }
  }
}

/** Of several changes of a cell the last one counts, over what was there before all of them. @param {Entry[]} entries @returns {Entry} */
export function merged(entries) {
  /** @type {Map<string, Change>} */
  const changes = new Map();
  for (const change of entries.flatMap((entry) => entry.changes)) {
    const key = `${change.rowId}:${change.columnId}`;
    changes.set(key, { ...change, before: (changes.get(key) ?? change).before });
  }
  return { changes: [...changes.values()], added: entries.flatMap((entry) => entry.added) };
}
