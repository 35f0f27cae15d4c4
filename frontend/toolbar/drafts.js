/**
 * Filters while they are edited: a tree that may hold conditions without a value yet.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Filter} Filter
 * @typedef {import("../grid/types.d.ts").FilterItem} FilterItem
 * @typedef {{ holds: "all" | "any", items: (Filter | Draft)[] }} Draft
 */

import { groupOf, isGroup, partsOf } from "../grid/conditions.js";
import { isComplete } from "./operators.js";

/** @param {Filter | Draft} item @returns {item is Draft} */
export const isDraft = (item) => "holds" in item;

/** @param {FilterItem} item @returns {Filter | Draft} */
const draftOf = (item) =>
  isGroup(item) ? { holds: item.any ? "any" : "all", items: partsOf(item).map(draftOf) } : item;

/** Returns the drafts of the filters of a view; one group of them alone is the whole. @param {FilterItem[]} filters @returns {Draft} */
export function toDraft(filters) {
  const [only] = filters;
  const whole = filters.length === 1 && isGroup(only) ? draftOf(only) : undefined;
  return whole && isDraft(whole) ? whole : { holds: "all", items: filters.map(draftOf) };
}

/** Returns the filters of a view, without conditions that lack something. @param {Draft} draft @param {(id: number) => Column | undefined} byId @returns {FilterItem[]} */
export function toFilters(draft, byId) {
  const parts = completeParts(draft, byId);
  return draft.holds === "any" && parts.length > 1 ? [{ any: parts }] : parts;
}

/** @param {Draft} draft @param {(id: number) => Column | undefined} byId @returns {FilterItem[]} */
function completeParts({ items }, byId) {
  return items.flatMap((item) => {
    if (!isDraft(item)) {
      const column = byId(item.column);
      return column && isComplete(column, item) ? [item] : [];
    }
    const parts = completeParts(item, byId);
    return parts.length > 1 ? [groupOf(item.holds, parts)] : parts;
  });
}
