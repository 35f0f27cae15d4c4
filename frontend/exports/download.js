/**
 * Downloads a table, and tells whether all of it arrived.
 *
 * @typedef {import("../grid/types.d.ts").Table} Table
 * @typedef {{ state: "running" | "done" | "failed" | "stopped", rows_done: number, rows_total: number,
 *   not_whole: number }} Progress
 */

import { api } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { formatNumber, plural } from "../ui/format.js";
import { showNotice, toast } from "../ui/notices.js";

const POLL_MS = 700;
const MISSES_ALLOWED = 20; // failed polls in a row
const STANDSTILL_MS = 60_000;

/** @param {Table} table @param {string} address @param {URLSearchParams} query */
export async function download(table, address, query) {
  const name = crypto.randomUUID?.() ?? String(Date.now()); // the former only over HTTPS and on localhost
  query.set("follow", name);
  make("a", { href: `${address}?${query}`, download: "" }).click();
  const notice = new ProgressNotice();
  const end = await ended(`/tables/${table.id}/exports/${name}`, (progress) => notice.show(progress));
  notice.remove();
  tell(`${table.name}.${query.get("format")}`, end, notice.wasShown);
}

/**
 * Asks until the download has ended.
 * @param {string} path @param {(progress: Progress) => void} show
 * @returns {Promise<Progress | null>} null when nobody knows
 */
async function ended(path, show) {
  let misses = 0;
  let [rows, moved] = [-1, performance.now()];
  while (misses < MISSES_ALLOWED && performance.now() - moved < STANDSTILL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      const progress = /** @type {Progress} */ (await api("GET", path));
      if (progress.state !== "running") return progress;
      if (progress.rows_done !== rows) [rows, moved] = [progress.rows_done, performance.now()];
      show(progress);
      misses = 0;
    } catch {
      misses += 1; // not begun yet, or no connection
    }
  }
  return null;
}

class ProgressNotice {
  /** @type {HTMLElement | undefined} */
  #notice;
  #bar = make("progress", { className: "bar", ariaLabel: "Export" });

  /** @param {Progress} progress */
  show({ rows_done, rows_total }) {
    this.#notice ??= this.#open();
    const words = `Exporting… ${formatNumber(rows_done)} of ${plural(rows_total, "row")}`;
    /** @type {Element} */ (this.#notice.firstElementChild).textContent = words;
    this.#bar.max = Math.max(1, rows_total);
    this.#bar.value = rows_done;
  }

  get wasShown() {
    return Boolean(this.#notice);
  }

  remove() {
    this.#notice?.remove();
  }

  #open() {
    const notice = showNotice("", { stays: true });
    notice.firstElementChild?.after(this.#bar);
    return notice;
  }
}

/**
 * Says how it ended; a short one that is whole needs no words beside those of the browser.
 * @param {string} file @param {Progress | null} end @param {boolean} wasLong
 */
function tell(file, end, wasLong) {
  if (!end)
    return void showNotice(`The download of ${file} doesn't go on. Look at your browser's downloads.`, { stays: true });
  const rows = `${formatNumber(end.rows_done)} of ${plural(end.rows_total, "row")}`;
  if (end.state === "failed") {
    showNotice(`The export broke off after ${rows}: ${file} is not whole. Export it again.`, { stays: true });
  } else if (end.state === "stopped") {
    showNotice(`The download was stopped after ${rows}: ${file} is not whole.`, { stays: true });
  } else if (end.not_whole) {
    const values = `${plural(end.not_whole, "value")} ${end.not_whole === 1 ? "does" : "do"} not fit into Excel's cells`;
    showNotice(`${values}. ${file} lists them in its sheet “Not whole”.`, { stays: true });
  } else if (wasLong) {
    toast(`${file} has all ${plural(end.rows_done, "row")}.`);
  }
}
