/** Walks the tree of a formula. */

import { losesDigits } from "./digits.js";

/** @typedef {{type: string, start: number, end: number, [key: string]: any}} Node */

/** Returns the children of a node in the order of the text. @param {Node} node @returns {Node[]} */
export function children(node) {
  const nodes = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === "key" && node.type === "Property" && node.shorthand) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item && typeof item === "object" && typeof item.type === "string" && "start" in item) nodes.push(item);
    }
  }
  return nodes.sort((one, other) => one.start - other.start);
}

/** Calls `visit(node, parent, isInFunction)` for a node and all below it.
 * @param {Node} root @param {(node: Node, parent: Node | null, isInFunction: boolean) => void} visit */
export function walk(root, visit) {
  /** @type {[Node, Node | null, boolean][]} */
  const waiting = [[root, null, false]];
  while (waiting.length) {
    const [node, parent, isInFunction] = /** @type {[Node, Node | null, boolean]} */ (waiting.pop());
    visit(node, parent, isInFunction);
    const inside = isInFunction || /Function/.test(node.type);
    for (const child of children(node).reverse()) waiting.push([child, node, inside]);
  }
}

/** Returns the names that a pattern binds. @param {Node | null} pattern @returns {string[]} */
function bound(pattern) {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((/** @type {Node} */ item) => bound(item.argument ?? item.value));
    case "ArrayPattern":
      return pattern.elements.flatMap(bound);
    case "RestElement":
      return bound(pattern.argument);
    case "AssignmentPattern":
      return bound(pattern.left);
    default:
      return [];
  }
}

/** Returns the names that functions and declarations of the formula introduce. @param {Node} root @returns {Set<string>} */
export function declared(root) {
  const names = new Set();
  walk(root, (node) => {
    const patterns = [...(node.params ?? []), node.type === "CatchClause" && node.param];
    if (node.type === "VariableDeclarator" || /Function|Class/.test(node.type)) patterns.push(node.id);
    for (const pattern of patterns) for (const name of bound(pattern || null)) names.add(name);
  });
  return names;
}

/** Says whether an identifier is read or written as a variable, not the name of a member or a label.
 * @param {Node} node @param {Node | null} parent */
export function isVariable(node, parent) {
  switch (parent?.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed || parent.shorthand;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.computed || parent.value === node;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return false;
    default:
      return true;
  }
}

/** Says whether a node is a number that JavaScript would round. @param {Node} node */
export function isRounded({ type, raw, value }) {
  if (type !== "Literal" || typeof value !== "number" || raw.length <= 15) return false;
  return /^0[box]/i.test(raw) ? BigInt(digitsOf(raw)) !== BigInt(value) : losesDigits(digitsOf(raw), value);
}

/** @param {string} raw a number as JavaScript writes it */
const digitsOf = (raw) => raw.replaceAll("_", "");

/** Returns the number of a node that is rounded as text, with all of its digits. @param {Node} node */
export const exactText = ({ raw }) => (/^0[box]/i.test(raw) ? String(BigInt(digitsOf(raw))) : digitsOf(raw));

/** Says whether a node calls a function of a value by one of these names: `x.join(…)`. @param {Node} node @param {string[]} names */
export const callsMember = ({ type, callee }, names) =>
  type === "CallExpression" &&
  callee.type === "MemberExpression" &&
  !callee.computed &&
  names.includes(callee.property.name);

/** Says whether what stands before a dot may end a chain: `a?.b.c`. @param {Node} node @returns {boolean} */
export const isOptional = ({ type, optional, object, callee }) =>
  (type === "MemberExpression" && (optional || isOptional(object))) ||
  (type === "CallExpression" && (optional || isOptional(callee)));
