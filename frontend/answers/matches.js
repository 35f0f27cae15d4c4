/** Search in an answer. */

import { formatNumber } from "../ui/format.js";
import { joinPath } from "../ui/json-path.js";

const ENOUGH = 500; // matches

/**
 * Returns the paths of what has the text in its name or value, and of what is inside or around it.
 * @param {object} root @param {string} query in lower case
 * @returns {{ shown: Set<string>, words: string }}
 */
export function matches(root, query) {
  /** @type {Set<string>} */
  const shown = new Set();
  let count = 0;
  /** @param {object} value @param {string} path @param {string[]} above @param {boolean} isInside a name that was found */
  const walk = (value, path, above, isInside) => {
    for (const [key, item] of Object.entries(value)) {
      if (count === ENOUGH) return;
      const own = joinPath(path, key, Array.isArray(value));
      const isLeaf = item === null || typeof item !== "object";
      const isFound = key.toLowerCase().includes(query) || (isLeaf && String(item).toLowerCase().includes(query));
      if (isFound) count += 1;
      if (isFound || isInside) for (const step of [...above, own]) shown.add(step);
      if (!isLeaf) walk(item, own, [...above, own], isFound || isInside);
    }
  };
  walk(root, "", [], false);
  return {
    shown,
    words: count ? `${formatNumber(count)}${count === ENOUGH ? " or more" : ""} found` : "Nothing found",
  };
}
