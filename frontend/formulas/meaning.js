/** Finds what is wrong with a formula that is valid JavaScript but does not mean what its author meant. */

import { KNOWN, SIGNATURES } from "./names.js";
import { declared, exactText, isRounded, isVariable, walk } from "./tree.js";

/** @typedef {import("./tree.js").Node} Node */
/** @typedef {import("./syntax.js").Problem} Problem */

const STATES = ["getCellStatus", "getCellErrorMessagePreview"];
const GUARDS = ["IFERROR", "ISERROR", "ISERR"];

/** Returns the references of which the formula uses only the state. @param {Node} tree @param {string} mark */
export function stateReferences(tree, mark) {
  /** @type {Set<Node>} */
  const references = new Set();
  walk(tree, (node) => {
    const { callee, arguments: values } = node;
    if (node.type !== "CallExpression" || callee.object?.name !== "Clay" || !STATES.includes(callee.property.name))
      return;
    if (values[0]?.type === "Identifier" && values[0].name.startsWith(mark)) references.add(values[0]);
  });
  return references;
}

/** Returns the references that may have failed, because the formula asks for failures: IFERROR(…, …), ISERROR(…).
 * @param {Node} tree @param {string} mark */
export function guardedReferences(tree, mark) {
  /** @type {Set<Node>} */
  const references = new Set();
  walk(tree, (node) => {
    if (node.type !== "CallExpression" || !GUARDS.includes(node.callee.name) || !node.arguments.length) return;
    walk(node.arguments[0], (inner) => {
      if (inner.type === "Identifier" && inner.name.startsWith(mark)) references.add(inner);
    });
  });
  return references;
}

/** @param {Node} tree @param {string} text @param {string} mark @returns {Problem[]} */
export function misunderstandings(tree, text, mark) {
  /** @type {Problem[]} */
  const problems = [];
  const known = declared(tree);
  if (tree.type === "SequenceExpression") {
    const { end } = tree.expressions[0];
    problems.push({
      message: "A formula returns one value, but these are several.",
      start: end,
      end: text.indexOf(",", end) + 1,
    });
  }
  walk(tree, (node, parent, isInFunction) => {
    const problem =
      node.type === "Identifier"
        ? name(node, parent, known, text, mark)
        : expression(node, parent, isInFunction, text, mark);
    if (problem) problems.push(problem);
    const call = node.type === "CallExpression" && !known.has(node.callee.name) ? miscalled(node) : null;
    if (call) problems.push(call);
  });
  return problems;
}

/** Reports a call with too few or too many values, with how it is written. @param {Node} node @returns {Problem | null} */
function miscalled({ callee, arguments: values, start, end }) {
  const known = callee.type === "Identifier" ? SIGNATURES.get(callee.name) : undefined;
  if (!known || values.some((/** @type {Node} */ value) => value.type === "SpreadElement")) return null;
  const { signature, least, most } = known;
  const count = (/** @type {number} */ values) => `${values} ${values === 1 ? "value" : "values"}`;
  const needs = least === 1 ? "a value" : count(least);
  if (values.length < least) return { message: `${callee.name} needs ${needs}: ${signature}.`, start, end };
  if (values.length <= most) return null;
  const takes = most ? `no more than ${count(most)}` : "no values";
  return { message: `${callee.name} takes ${takes}: ${signature}.`, start, end };
}

/** @param {Node} node @param {Node | null} parent @param {Set<string>} known @param {string} text @param {string} mark
 * @returns {Problem | null} */
function name(node, parent, known, text, mark) {
  const { start, end } = node;
  if (node.name.startsWith(mark)) {
    const isPlaced =
      isVariable(node, parent) && !known.has(node.name) && !(parent?.type === "Property" && parent.shorthand);
    return isPlaced ? null : misplaced(node, parent, text);
  }
  if (!isVariable(node, parent) || known.has(node.name) || KNOWN.has(node.name)) return null;
  const isCalled = parent?.type === "CallExpression" && parent.callee === node;
  return { message: "", start, end, unknown: node.name, isCalled: isCalled || parent?.object === node };
}

/** @param {Node} node @param {Node | null} parent @param {string} text @returns {Problem} */
function misplaced(node, parent, text) {
  const message = "A reference can't be a name. Put it in square brackets to use its value as the name.";
  const reference = text.slice(node.start - 1, node.end) + (/^\u00a0+/.exec(text.slice(node.end))?.[0] ?? "");
  const end = node.start - 1 + reference.length;
  const place = { message, start: node.start - 1, end };
  if (parent?.type === "MemberExpression") {
    const start = parent.object.end + text.slice(parent.object.end).search(/\?\.|\./);
    return { ...place, edit: { start, end, text: `${parent.optional ? "?." : ""}[${reference}]`, label: "Use [ ]" } };
  }
  if (parent?.type === "Property" && !parent.shorthand) {
    return { ...place, edit: { start: place.start, end, text: `[${reference}]`, label: "Use [ ]" } };
  }
  return { ...place, message: "A reference isn't allowed here." };
}

/** @param {Node} node @param {Node | null} parent @param {boolean} isInFunction @param {string} text @param {string} mark
 * @returns {Problem | null} */
function expression(node, parent, isInFunction, text, mark) {
  switch (node.type) {
    case "Literal":
    case "TemplateElement":
      if (isRounded(node)) return keepsDigits(node, parent) ? null : tooLong(node);
      return text.slice(node.start, node.end).includes(mark) ? quoted(node, text, mark) : null;
    case "AssignmentExpression":
      return isInFunction && !isOfReference(node.left, mark) ? null : assigned(node, text);
    case "UpdateExpression":
      return isInFunction && !isOfReference(node.argument, mark) ? null : unchangeable(node);
    case "BinaryExpression":
      if (node.operator === "&" && !isNumber(node.left) && !isNumber(node.right)) return joined(node, text);
      if (node.operator === "|" && !isNumber(node.left) && !isNumber(node.right)) return either(node, text);
      if (ORDERS.includes(node.operator) && ORDERS.includes(node.left.operator)) return chained(node);
      return node.operator === "^" ? raised(node, text) : null;
    case "ImportExpression":
    case "MetaProperty":
      return { message: "A formula can't load anything.", start: node.start, end: node.end };
    default:
      return null;
  }
}

/** @param {Node} node @param {string} mark @returns {boolean} */
function isOfReference(node, mark) {
  return node.type === "MemberExpression" ? isOfReference(node.object, mark) : !!node.name?.startsWith(mark);
}

/** Says whether a number that JavaScript would round keeps its digits here, as text: where it is joined to text, or
 * compared. @param {Node} node @param {Node | null} parent */
function keepsDigits(node, parent) {
  if (parent?.type === "WordExpression") return true;
  if (parent?.type === "CallExpression") return parent.callee.name === "SWITCH" && parent.arguments[0] !== node;
  if (parent?.type !== "BinaryExpression") return false;
  if (parent.operator === "+") return isText(parent.left) || isText(parent.right);
  return COMPARISONS.includes(parent.operator);
}

const ORDERS = ["<", ">", "<=", ">="];
const COMPARISONS = ["==", "!=", "===", "!==", "<>", ...ORDERS];

/** @param {Node} node @returns {boolean} */
const isText = ({ type, value, operator, left, right }) =>
  type === "TemplateLiteral" || typeof value === "string" || (operator === "+" && (isText(left) || isText(right)));

/** @param {Node} node @returns {Problem} */
function tooLong(node) {
  const { start, end, value } = node;
  const message = "A formula can't calculate exactly with a number of so many digits.";
  if (!Number.isInteger(value)) {
    const rounded = `It would become ${value}.`;
    return {
      message: `${message} ${rounded}`,
      start,
      end,
      edit: { start, end, text: `${value}`, label: `Use ${value}` },
    };
  }
  const edit = { start, end, text: `"${exactText(node)}"`, label: "Put it in quotes" };
  return { message: `${message} Put it in quotes to keep it as text.`, start, end, edit };
}

/** @param {Node} node */
const isNumber = ({ type, value }) => type === "Literal" && typeof value === "number";

/** @param {Node} node @returns {Problem} */
const unchangeable = ({ start, end }) => ({ message: "A formula can't change a column or a name.", start, end });

/** @param {Node} node @param {string} text @returns {Problem} */
function assigned(node, text) {
  if (node.operator !== "=") return unchangeable(node);
  const start = text.indexOf("=", node.left.end);
  const edit = { start, end: start + 1, text: "==", label: "Use ==" };
  return { message: "“=” doesn't compare values. Use ==.", start, end: start + 1, edit };
}

/** @param {Node} node @param {string} text @returns {Problem} */
const joined = (node, text) => instead(node, text, "+", "“&” doesn't join text. Use +.");

/** @param {Node} node @param {string} text @returns {Problem} */
const raised = (node, text) => instead(node, text, "**", "“^” doesn't raise to a power. Use **.");

/** @param {Node} node @param {string} text @returns {Problem} */
const either = (node, text) => instead(node, text, "||", "“|” doesn't mean “or”. Use ||.");

/** Reports 1 < x < 5, which compares true or false with 5. @param {Node} node @returns {Problem} */
function chained({ start, end }) {
  const message = "A comparison has two sides. Write two of them: 1 < x && x < 5.";
  return { message, start, end };
}

/** @param {Node} node @param {string} text @param {string} sign @param {string} message @returns {Problem} */
function instead(node, text, sign, message) {
  const start = text.indexOf(node.operator, node.left.end);
  const edit = { start, end: start + 1, text: sign, label: `Use ${sign}` };
  return { message, start, end: start + 1, edit };
}

/** Reports a reference inside a text: the quotes go if it is the whole text, else they become backticks.
 * @param {Node} node @param {string} text @param {string} mark @returns {Problem} */
function quoted(node, text, mark) {
  const { start, end } = node;
  const raw = text.slice(start, end);
  if (node.regex) {
    return { message: "A reference isn't allowed in a search pattern. Use new RegExp(…).", start, end };
  }
  const hole = new RegExp(` ${mark}[0-9a-z]+\u00a0+`, "g");
  if (node.type === "TemplateElement") {
    const message = `Columns aren't filled in inside backticks without \${ }.`;
    return { message, start, end, edit: { start, end, text: inBraces(raw, hole), label: `Use \${ }` } };
  }
  const inner = raw.slice(1, -1);
  if (inner.replace(hole, "") === "") {
    const message = "Columns aren't filled in inside quotes. Remove the quotes.";
    return { message, start, end, edit: { start, end, text: inner, label: "Remove the quotes" } };
  }
  const message = "Columns aren't filled in inside quotes. Use backticks.";
  const inside = inBraces(inner.replace(/`|\$(?=\{)/g, "\\$&"), hole);
  return { message, start, end, edit: { start, end, text: `\`${inside}\``, label: "Use backticks" } };
}

/** Writes each reference of a template literal as a placeholder. @param {string} text @param {RegExp} hole */
const inBraces = (text, hole) => text.replace(hole, (reference) => `\${${reference}}`);
