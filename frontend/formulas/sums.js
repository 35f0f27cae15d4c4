/** Which parts of a sum are references, whose numbers may be text. */

/** @typedef {import("./tree.js").Node} Node */

/** Returns the slot of the reference that a part of a sum stands for, also with a default: `({{X}} || 0)`; else -1.
 * @param {Node} node @param {string} mark @returns {number} */
export function slotOf(node, mark) {
  switch (node.type) {
    case "ChainExpression":
      return slotOf(node.expression, mark);
    case "MemberExpression":
      return slotOf(node.object, mark);
    case "LogicalExpression":
      return node.operator === "&&" ? -1 : slotOf(node.left, mark);
    case "Identifier":
      return node.name.startsWith(mark) ? parseInt(node.name.slice(mark.length), 36) : -1;
    default:
      return -1;
  }
}

/** @param {Node} node */
const isNumber = ({ type, value }) => type === "Literal" && typeof value === "number";

/** Says whether the author writes a number here, or one as the default. @param {Node} node */
export const isMeantAsNumber = (node) => isNumber(node) || (node.type === "LogicalExpression" && isNumber(node.right));

/** Returns the sums of a formula in which numbers could be joined as text: their references, which `Number( )` mends.
 * @param {Node[]} parts @param {string} mark @returns {{slot: number, start: number, end: number}[]} */
export const mendable = (parts, mark) =>
  parts.flatMap((part) => {
    const slot = slotOf(part, mark);
    return slot < 0 ? [] : [{ slot, start: part.start, end: part.end }];
  });
