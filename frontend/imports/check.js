/**
 * Asks a worker to read the whole file without storing it, again after each change, and follows it.
 *
 * @typedef {import("./types.d.ts").Import} Import
 */

import { api, reasonOf } from "../ui/api.js";

const AFTER_MS = 400; // the last change
const POLL_MS = 400;

export class FileCheck {
  /** @type {AbortController | undefined} */
  #running;

  /** @param {(state: Import | { problem: string } | null) => void} tell null: it begins anew */
  constructor(tell) {
    this.tell = tell;
  }

  /** @param {number} id of the import @param {object} options */
  restart(id, options) {
    this.stop();
    this.#running = new AbortController();
    this.tell(null);
    void this.#follow(id, options, this.#running.signal);
  }

  stop() {
    this.#running?.abort();
  }

  /** @param {number} id @param {object} options @param {AbortSignal} signal */
  async #follow(id, options, signal) {
    try {
      await pause(AFTER_MS);
      if (signal.aborted) return;
      let state = await api("POST", `/imports/${id}/check`, { options }, { signal });
      for (; !signal.aborted; state = await api("GET", `/imports/${id}`, undefined, { signal })) {
        if (signal.aborted) return;
        this.tell(state);
        if (state.check_state !== "running") return;
        await pause(POLL_MS);
      }
    } catch (error) {
      if (!signal.aborted) this.tell({ problem: reasonOf(error) });
    }
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
