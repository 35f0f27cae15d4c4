/**
 * Finds the groups of rows that are alike: at once in a small table, by a worker in a large one.
 *
 * @typedef {import("./types.d.ts").Choices} Choices
 * @typedef {import("./types.d.ts").Found} Found
 * @typedef {import("./types.d.ts").Searching} Searching
 */

import { ApiError, api } from "../ui/api.js";

const SHOWN = 20; // groups
const POLL_MS = 600;
const MISSES_ALLOWED = 20; // failed polls in a row

/**
 * Rejects with an AbortError, and stops the worker, when the signal says so.
 * @param {number} table @param {Choices} choices @param {AbortSignal} signal @param {(search: Searching) => void} tell
 * @returns {Promise<Found>}
 */
export async function search(table, { columns, match }, signal, tell) {
  const query = new URLSearchParams({ columns: JSON.stringify(columns), match, limit: String(SHOWN) });
  // Not broken off: a search that has begun has a name by which it is stopped.
  const found = await api("GET", `/tables/${table}/duplicates?${query}`);
  const path = `/tables/${table}/duplicates/searches/${found.search}`;
  if (!found.search) return found;
  try {
    return await ofWorker(`${path}?limit=${SHOWN}`, found, signal, tell);
  } catch (error) {
    if (signal.aborted) void api("DELETE", path, undefined, { keepalive: true }).catch(() => {}); // it ends by itself, too
    throw error;
  }
}

/** @param {string} path @param {Searching} begun @param {AbortSignal} signal @param {(search: Searching) => void} tell @returns {Promise<Found>} */
async function ofWorker(path, begun, signal, tell) {
  /** @type {Searching & Partial<Found>} */
  let now = begun;
  for (let misses = 0; now.state === "running"; ) {
    signal.throwIfAborted();
    tell(now);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      now = await api("GET", path, undefined, { signal });
      misses = 0;
    } catch (error) {
      misses += 1;
      if (error instanceof ApiError || signal.aborted || misses > MISSES_ALLOWED) throw error;
    }
  }
  if (now.state === "done") return /** @type {Searching & Found} */ (now);
  throw new ApiError(409, now.state, now.error ?? "The search was stopped. Search again.", []);
}
