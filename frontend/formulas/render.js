/** Writes the JavaScript that runs: the formula with its operators replaced by those of operators.js. */

import { children } from "./tree.js";

/** @typedef {import("./tree.js").Node} Node */

/** @type {Record<string, string>} */
const EQUALITY = { "==": "equal", "!=": "!equal", "<>": "!equal", "===": "identical", "!==": "!identical" };
const ORDER = ["<", ">", "<=", ">="];
/** @type {Record<string, string>} */
const WORDS = {
  "is empty": "isEmpty",
  "is not empty": "!isEmpty",
  contains: "contains",
  "does not contain": "!contains",
};

export class Renderer {
  /** `statuses` are the references of which a formula uses the state; `mark` starts the name of each reference.
   * @param {string} source @param {string} mark @param {Set<Node>} statuses @param {boolean} isCondition */
  constructor(source, mark, statuses, isCondition) {
    this.source = source;
    this.mark = mark;
    this.statuses = statuses;
    this.isCondition = isCondition;
  }

  /** @param {Node} node @returns {string} */
  render(node) {
    switch (node.type) {
      case "BinaryExpression":
        return this.binary(node) ?? this.plain(node);
      case "LogicalExpression":
        return `(${this.chain(node, node.operator)
          .map((part) => this.operand(part))
          .join(node.operator)})`;
      case "WordExpression":
        return this.call(WORDS[node.word], [node.left, node.right].filter(Boolean));
      case "UnaryExpression":
        return node.operator === "!" ? `!${this.operand(node.argument)}` : this.plain(node);
      case "ConditionalExpression":
        return `(${this.operand(node.test)}?${this.inside(node.consequent)}:${this.inside(node.alternate)})`;
      case "TemplateLiteral":
        return this.template(node);
      case "TaggedTemplateExpression":
        return `${this.inside(node.tag)}${this.plain(node.quasi)}`;
      case "MemberExpression":
        return this.member(node);
      case "BlockStatement": // what follows a line break may begin with a bracket now
        return `{${node.body.map((/** @type {Node} */ part) => this.render(part)).join(";\n")}\n}`;
      case "Identifier":
        return this.statuses.has(node) ? node.name.replace(this.mark, `${this.mark}_`) : node.name;
      default:
        return this.plain(node);
    }
  }

  /** Copies the text of a node, with its children rendered. @param {Node} node */
  plain(node, start = node.start) {
    let [text, position] = ["", start];
    for (const child of children(node)) {
      if (child.start < start) continue;
      text += this.source.slice(position, child.start) + this.render(child);
      position = child.end;
    }
    return text + this.source.slice(position, node.end);
  }

  /** @param {Node} node */
  inside(node) {
    const text = this.render(node);
    return node.type === "Identifier" || node.type === "Literal" ? text : `(${text})`;
  }

  /** Writes a call; `!equal` is the negated `equal`. @param {string} name @param {Node[]} values */
  call(name, values) {
    const sign = name[0] === "!" ? "!" : "";
    return `${sign}${this.mark}.${name.slice(sign.length)}(${values.map((part) => this.exact(part)).join(",")})`;
  }

  /** @param {Node} node @returns {string | null} */
  binary(node) {
    if (node.operator === "+") return this.call("add", this.chain(node, "+"));
    if (node.operator in EQUALITY) return this.call(EQUALITY[node.operator], [node.left, node.right]);
    if (!ORDER.includes(node.operator)) return null;
    return `${this.mark}.compare(${this.inside(node.left)},"${node.operator}",${this.inside(node.right)})`;
  }

  /** Keeps a number that is too large for JavaScript as text, as cells do. @param {Node} node */
  exact(node) {
    const isTooLarge = node.type === "Literal" && /^\d+$/.test(node.raw) && node.value > Number.MAX_SAFE_INTEGER;
    return isTooLarge ? `"${node.raw}"` : this.inside(node);
  }

  /** Flattens `a + b + c`, so that long sums do not nest. @param {Node} node @param {string} operator @returns {Node[]} */
  chain(node, operator) {
    const parts = [];
    let at = node;
    while (at.operator === operator && at.type === node.type) {
      parts.push(at.right);
      at = at.left;
    }
    return [at, ...parts.reverse()];
  }

  /** Renders a value whose truth is tested. @param {Node} node */
  operand(node) {
    const text = this.inside(node);
    return this.isCondition && this.isReference(node) ? `${this.mark}.truth(${text})` : text;
  }

  /** @param {Node} node @returns {boolean} */
  isReference(node) {
    if (node.type === "ChainExpression") return this.isReference(node.expression);
    if (node.type === "MemberExpression") return this.isReference(node.object);
    return node.type === "Identifier" && node.name.startsWith(this.mark);
  }

  /** @param {Node} node */
  template(node) {
    let text = "`";
    node.quasis.forEach((/** @type {Node} */ quasi, /** @type {number} */ index) => {
      text += this.source.slice(quasi.start, quasi.end);
      if (index < node.expressions.length) text += `\${${this.call("text", [node.expressions[index]])}}`;
    });
    return `${text}\``;
  }

  /** Renders a member, so that `{{X}}.trim()` reports that {{X}} is empty. @param {Node} node */
  member(node) {
    const { object } = node;
    if (node.optional || object.type !== "Identifier" || !this.isReference(object)) return this.plain(node);
    const slot = parseInt(object.name.slice(this.mark.length), 36);
    const before = this.source.slice(node.start, object.start);
    return `${before}${this.mark}.need(${this.render(object)},${slot})${this.plain(node, object.end)}`;
  }
}
