/**
 * Makes work that isn't begun again while it is under way: the second of two clicks saves nothing twice.
 * @template {unknown[]} Given @param {(...given: Given) => Promise<void>} work @returns {(...given: Given) => Promise<void>}
 */
export function once(work) {
  let isUnderWay = false;
  return async (...given) => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await work(...given);
    } finally {
      isUnderWay = false;
    }
  };
}
