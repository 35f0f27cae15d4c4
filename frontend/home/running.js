/**
 * The runs under way, shown at their tables.
 *
 * @typedef {import("../grid/types.d.ts").Run & { table_id: number, column: string }} Run
 */

import { api } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";

const SOON_MS = 1500;
const LATER_MS = 10_000;

export async function followRuns() {
  for (;;) {
    const runs = await openRuns();
    if (runs) paint(runs);
    const wait = runs?.length ? SOON_MS : LATER_MS;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** @returns {Promise<Run[] | null>} null while the server cannot be reached */
async function openRuns() {
  try {
    return (await api("GET", "/runs")).items;
  } catch {
    return null;
  }
}

/** @param {Run[]} runs */
function paint(runs) {
  for (const place of document.querySelectorAll('[data-part="running"]')) {
    const table = /** @type {HTMLElement} */ (place.closest("[data-table]")).dataset.table;
    const ofTable = runs.filter((run) => String(run.table_id) === table);
    place.replaceChildren(...ofTable.slice(0, 2).map(newProgress));
  }
}

/** @param {Run} run */
function newProgress({ column, state, counts: { total, pending } }) {
  const bar = make("progress", {
    className: "bar",
    max: total || 1,
    value: total - pending,
    ariaLabel: `Run of ${column}`,
  });
  const count = `${formatNumber(total - pending)} of ${formatNumber(total)}`;
  return make("span", "", bar, `${column}: ${state === "paused" ? "paused at " : ""}${count}`);
}
