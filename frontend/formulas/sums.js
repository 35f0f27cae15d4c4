/** Which parts of a sum are references, whose numbers may be text. */

import { callsMember } from "./tree.js";

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

/** @param {Node} node */
const isText = ({ type, value }) => type === "TemplateLiteral" || (type === "Literal" && typeof value === "string");

/** Says whether the author writes a number here, or one as the default. @param {Node} node */
const isMeantAsNumber = (node) => isNumber(node) || (node.type === "LogicalExpression" && isNumber(node.right));

/** Returns how the author means a sum, as `sum` of operators.js takes it: 1 with numbers, 2 with text, 0 if nothing tells.
 * @param {Node[]} parts */
export function meaningOf(parts) {
  if (parts.some(isMeantAsNumber)) return 1;
  return parts.some(isText) ? 2 : 0;
}

/** Says whether what is added are numbers and names, such as the parameters of a function. @param {Node[]} parts */
export const areNamed = (parts) =>
  parts.every(
    (part) =>
      isNumber(part) ||
      part.type === "Identifier" ||
      part.type === "MemberExpression" ||
      callsMember(part, ["toFixed"]),
  );

/** Returns the sums of a formula in which numbers could be joined as text: their references, which `Number( )` mends.
 * @param {Node[]} parts @param {string} mark @returns {{slot: number, start: number, end: number}[]} */
export const mendable = (parts, mark) =>
  parts.flatMap((part) => {
    const slot = slotOf(part, mark);
    return slot < 0 ? [] : [{ slot, start: part.start, end: part.end }];
  });
