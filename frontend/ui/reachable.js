/** Calls that are made again until the server takes them. Meanwhile a notice says what is wrong, and the page asks before it is left. */

import { ApiError, reasonOf } from "./api.js";
import { showNotice } from "./notices.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;

let waiting = 0;
/** @type {HTMLElement | undefined} */
let notice;

/** @param {BeforeUnloadEvent} event */
const ask = (event) => event.preventDefault();

/** Whether it is the server that failed, or the way there, and not the call. @param {unknown} error */
const isUnreachable = (error) => !(error instanceof ApiError) || error.status >= 500;

/**
 * @template T
 * @param {() => Promise<T>} call that may be made twice
 * @param {() => void} onWait when the first call could not reach the server
 */
export async function untilReachable(call, onWait) {
  try {
    return await call();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    onWait();
    begin(error);
  }
  try {
    return await again(call, FIRST_WAIT_MS);
  } finally {
    end();
  }
}

/** @template T @param {() => Promise<T>} call @param {number} wait @returns {Promise<T>} */
async function again(call, wait) {
  await Promise.race([
    new Promise((resolve) => setTimeout(resolve, wait)),
    new Promise((resolve) => addEventListener("online", resolve, { once: true })),
  ]);
  try {
    return await call();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return again(call, Math.min(LONGEST_WAIT_MS, wait * 2));
  }
}

/** @param {unknown} error of the first call */
function begin(error) {
  waiting += 1;
  if (waiting > 1) return;
  addEventListener("beforeunload", ask);
  const why = error instanceof ApiError ? `. ${reasonOf(error)}` : ": the server can't be reached.";
  notice = showNotice(`Not saved yet${why} Marl keeps trying.`, { stays: true });
}

function end() {
  waiting -= 1;
  if (waiting) return;
  removeEventListener("beforeunload", ask);
  notice?.remove();
}
