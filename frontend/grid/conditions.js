/**
 * Filters as a tree: conditions, and groups in which all or any of them hold.
 *
 * @typedef {import("./types.d.ts").Filter} Filter
 * @typedef {import("./types.d.ts").FilterGroup} FilterGroup
 * @typedef {import("./types.d.ts").FilterItem} FilterItem
 */

/** @param {FilterItem} item @returns {item is FilterGroup} */
export const isGroup = (item) => "any" in item || "all" in item;

/** @param {FilterGroup} group @returns {FilterItem[]} */
export const partsOf = (group) => group.any ?? group.all ?? [];

/** @param {"any" | "all"} holds @param {FilterItem[]} parts @returns {FilterGroup} */
export const groupOf = (holds, parts) => (holds === "any" ? { any: parts } : { all: parts });

/** All conditions, whatever group they are in. @param {FilterItem[]} items @returns {Filter[]} */
export const conditionsOf = (items) => items.flatMap((item) => (isGroup(item) ? conditionsOf(partsOf(item)) : [item]));

/**
 * Keeps some of the conditions, and the groups that still have any.
 * @param {FilterItem[]} items @param {(filter: Filter) => boolean} keep
 * @returns {FilterItem[]}
 */
export function only(items, keep) {
  /** @param {FilterItem} item @returns {FilterItem[]} */
  const kept = (item) => {
    if (!isGroup(item)) return keep(item) ? [item] : [];
    const parts = only(partsOf(item), keep);
    return parts.length ? [groupOf(item.any ? "any" : "all", parts)] : [];
  };
  return items.flatMap(kept);
}

/** As the API takes them: without what only this page knows. @param {FilterItem[]} items @returns {FilterItem[]} */
export const forApi = (items) =>
  items.map((item) => {
    if (isGroup(item)) return groupOf(item.any ? "any" : "all", forApi(partsOf(item)));
    const { column, op, value } = item;
    return value === undefined ? { column, op } : { column, op, value };
  });
