/** Months as JavaScript and Moment count them, from 0: March is 2. */

import { callsMember, walk } from "./tree.js";

/** @typedef {import("./tree.js").Node} Node */

const COUNTING = ["month", "getMonth", "getUTCMonth"];

/** Says whether what stands here is shown as it is, not calculated with or compared. @param {Node} node @param {Node | null} parent */
function isShown(node, parent) {
  switch (parent?.type) {
    case undefined:
    case "TemplateLiteral":
      return true;
    case "ChainExpression":
      return false; // its parent is not known here
    case "ConditionalExpression":
      return parent.test !== node;
    case "BinaryExpression":
      return parent.operator === "+" && [parent.left, parent.right].some(isText);
    default:
      return false;
  }
}

/** @param {Node} node */
const isText = ({ type, value }) => type === "TemplateLiteral" || typeof value === "string";

/** Returns the calls in a formula that give a month counted from 0, where it is shown. @param {Node} tree */
export function shownMonths(tree) {
  /** @type {Node[]} */
  const found = [];
  walk(tree, (node, parent) => {
    if (callsMember(node, COUNTING) && !node.arguments.length && isShown(node, parent)) found.push(node);
  });
  return found;
}
