/** Writes the JavaScript that runs: the formula with its operators replaced by those of operators.js. */

import { areNamed, meaningOf, slotOf } from "./sums.js";
import { callsMember, children, exactText, isOptional, isRounded } from "./tree.js";

/** @typedef {import("./tree.js").Node} Node */

/** @type {Record<string, string>} */
const EQUALITY = { "==": "equal", "!=": "!equal", "<>": "!equal", "===": "identical", "!==": "!identical" };
const ORDER = ["<", ">", "<=", ">="];
const ARITHMETIC = ["-", "*", "/", "%", "**"];
/** @type {Record<string, string>} */
const WORDS = {
  "is empty": "isEmpty",
  "is not empty": "!isEmpty",
  contains: "contains",
  "does not contain": "!contains",
  "starts with": "startsWith",
  "does not start with": "!startsWith",
  "ends with": "endsWith",
  "does not end with": "!endsWith",
  "is one of": "isOneOf",
  "is not one of": "!isOneOf",
  ...EQUALITY,
};
const OF_NUMBERS = ["toFixed", "toPrecision", "toExponential", "toLocaleString"];
const WRITERS = ["toString", "toLocaleString", "join"];
/** Functions of which not every value is computed, and how they are written. @type {Record<string, string>} */
const LAZY = {
  IFERROR: "ifError",
  IFNA: "ifNotFound",
  ISERROR: "isError",
  ISERR: "isOtherError",
  ISNA: "isMissing",
};

export class Renderer {
  /** `statuses` are the references of which a formula uses the state, `guarded` the slots that may have failed, `own`
   * the names that the formula introduces; `mark` starts the name of each reference.
   * @param {{source: string, mark: string, isCondition: boolean, figures: number[]}} request
   * @param {{statuses: Set<Node>, guarded: number[], own: Set<string>}} found */
  constructor({ source, mark, isCondition, figures }, { statuses, guarded, own }) {
    this.source = source;
    this.mark = mark;
    this.isCondition = isCondition;
    this.figures = figures; // slots of number columns
    this.statuses = statuses;
    this.guarded = guarded;
    this.own = own;
  }

  /** @param {Node} node @returns {string} */
  render(node) {
    switch (node.type) {
      case "BinaryExpression":
        return this.binary(node) ?? this.plain(node);
      case "LogicalExpression":
        return this.logical(node, this.isCondition || node.isWord);
      case "WordExpression":
        return ORDER.includes(node.word)
          ? this.comparison(node, node.word)
          : this.words(WORDS[node.word], [node.left, node.right].filter(Boolean));
      case "CallExpression":
        return this.lazy(node) ?? this.conversion(node) ?? this.plain(node);
      case "UnaryExpression":
        if (/^[-+]$/.test(node.operator)) return `${node.operator} ${this.calculable(node.argument)}`;
        if (node.operator !== "!") return this.plain(node);
        return node.isWord ? `!${this.mark}.isTrue(${this.operand(node.argument)})` : `!${this.operand(node.argument)}`;
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
        return this.identifier(node);
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

  /** @param {Node} node */
  identifier(node) {
    const { name } = node;
    if (!name.startsWith(this.mark))
      return /^(TRUE|FALSE)$/.test(name) && !this.own.has(name) ? name.toLowerCase() : name;
    const state = name.replace(this.mark, `${this.mark}_`);
    if (this.statuses.has(node)) return state;
    return this.guarded.includes(this.slot(name)) ? `${this.mark}.known(${name},${state})` : name;
  }

  /** @param {string} name */
  slot(name) {
    return parseInt(name.slice(this.mark.length), 36);
  }

  /** Writes a call that makes text or a truth of a value; null for other calls. @param {Node} node @returns {string | null} */
  conversion(node) {
    const { callee, arguments: values } = node;
    if (callee.name === "String" && values.length === 1 && !this.own.has("String"))
      return `String(${this.call("text", values)})`;
    if (callee.name === "Boolean" && values.length === 1 && !this.own.has("Boolean"))
      return `Boolean(${this.operand(values[0])})`;
    if (!callsMember(node, WRITERS) || node.optional) return null;
    const { object, property } = callee;
    // Not of lodash, and not with a base or a language.
    if (values.length && (property.name !== "join" || object.name === "_")) return null;
    if (values.some((/** @type {Node} */ value) => value.type === "SpreadElement")) return null;
    const value =
      object.type === "Identifier" && this.isReference(object) && !callee.optional
        ? this.needed(object, property.name)
        : this.inside(object);
    const given = values.map((/** @type {Node} */ part) => this.inside(part));
    return `${this.mark}.textual(${value})${isOptional(callee) ? "?." : "."}${property.name}(${given})`;
  }

  /** Writes a call of a function that computes only the values it needs; null for other calls.
   * @param {Node} node @returns {string | null} */
  lazy({ callee, arguments: given, optional }) {
    const { name } = callee;
    const values = /** @type {Node[]} */ (given);
    if (callee.type !== "Identifier" || optional || this.own.has(name)) return null;
    if (/^(TRUE|FALSE)$/.test(name) && !values.length) return name.toLowerCase();
    if (!values.length || values.some(({ type }) => type === "SpreadElement")) return null;
    if (name in LAZY) return `${this.mark}.${LAZY[name]}(${values.map((value) => this.later(value)).join(",")})`;
    const write = /** @type {Record<string, (values: Node[]) => string | null>} */ ({
      IF: ([test, yes, no]) =>
        values.length > 3 ? null : this.either(test, yes && this.inside(yes), no && this.inside(no)),
      IFS: (all) => this.first(all),
      SWITCH: ([value, ...rest]) => this.switched(value, rest),
      CHOOSE: ([place, ...rest]) =>
        `${this.mark}.chosen(${this.inside(place)},[${rest.map((one) => this.later(one))}])`,
    });
    return Object.hasOwn(write, name) ? write[name](values) : null;
  }

  /** @param {Node} test @param {string} [yes] @param {string} [no] */
  either(test, yes = "true", no = "false") {
    return `(${this.mark}.isTrue(${this.operand(test)})?${yes}:${no})`;
  }

  /** Writes IFS. @param {Node[]} values @returns {string | null} */
  first([test, value, ...rest]) {
    if (!test) return `${this.mark}.none("IFS")`;
    if (!value) return null;
    const others = this.first(rest);
    return others && this.either(test, this.inside(value), others);
  }

  /** @param {Node} value @param {Node[]} rest pairs, and a last one for all other values */
  switched(value, rest) {
    if (rest.length < 2) return null;
    const cases = [];
    for (let at = 0; at + 1 < rest.length; at += 2) cases.push(`[${this.later(rest[at])},${this.later(rest[at + 1])}]`);
    const otherwise = rest.length % 2 ? `,${this.later(rest[rest.length - 1])}` : "";
    return `${this.mark}.switched(${this.inside(value)},[${cases}]${otherwise})`;
  }

  /** @param {Node} node */
  later(node) {
    return `()=>(${this.exact(node)})`;
  }

  /** @param {Node} node @returns {string | null} */
  binary(node) {
    const { left, operator, right } = node;
    if (operator === "+") return this.sum(this.chain(node, "+"));
    if (operator === "-" && !this.isNumber(left))
      return `${this.mark}.minus(${this.calculable(left)},${this.calculable(right)})`;
    if (ARITHMETIC.includes(operator)) return `${this.calculable(left)}${operator} ${this.calculable(right)}`;
    if (operator in EQUALITY) return this.call(this.equality(EQUALITY[operator], [left, right]), [left, right]);
    return ORDER.includes(node.operator) ? this.comparison(node, node.operator) : null;
  }

  /** @param {Node} node @param {string} operator */
  comparison({ left, right }, operator) {
    return `${this.mark}.compare(${this.ordered(left)},"${operator}",${this.ordered(right)})`;
  }

  /** @param {Node} node */
  ordered(node) {
    return this.isFigure(node) ? `${this.mark}.figure(${this.inside(node)})` : this.exact(node);
  }

  /** Writes a value that is calculated with, so that it is refused where JavaScript would round it. @param {Node} node */
  calculable(node) {
    return this.isNumber(node) ? this.inside(node) : `${this.mark}.calculable(${this.inside(node)})`;
  }

  /** Says whether a node surely gives a number. @param {Node} node */
  isNumber(node) {
    if (node.type === "Literal") return typeof node.value === "number";
    return node.type === "BinaryExpression" && ARITHMETIC.includes(node.operator);
  }

  /** @param {string} name @param {Node[]} sides */
  words(name, sides) {
    return this.call(/equal$/.test(name) ? this.equality(name, sides) : name, sides);
  }

  /** Writes the name of the operator that compares these. @param {string} name @param {Node[]} sides */
  equality(name, sides) {
    return sides.some((side) => this.isFigure(side)) ? name.replace(/\w+/, "alike") : name;
  }

  /** Says whether this is the cell of a number column. @param {Node} node */
  isFigure(node) {
    return node.type === "Identifier" && node.name.startsWith(this.mark) && this.figures.includes(this.slot(node.name));
  }

  /** Writes a sum so that a number is not joined to a reference whose number is text. @param {Node[]} parts */
  sum(parts) {
    const slots = parts.map((part) => slotOf(part, this.mark));
    if (slots.every((slot) => slot < 0) && !areNamed(parts)) return this.call("add", parts);
    const kinds = slots.map((slot) => (this.figures.includes(slot) ? -2 - slot : slot));
    return `${this.mark}.sum([${kinds}],${meaningOf(parts)},${parts.map((part) => this.exact(part)).join(",")})`;
  }

  /** Keeps a number that is too large for JavaScript as text, as cells do. @param {Node} node */
  exact(node) {
    return isRounded(node) ? `"${exactText(node)}"` : this.inside(node);
  }

  /** Flattens `a + b + c`, so that long sums do not nest; AND and && stay apart. @param {Node} node @param {string} operator @returns {Node[]} */
  chain(node, operator) {
    const parts = [];
    let at = node;
    while (at.operator === operator && at.type === node.type && at.isWord === node.isWord) {
      parts.push(at.right);
      at = at.left;
    }
    return [at, ...parts.reverse()];
  }

  /** Renders `&&`, `||` and `??`. What they may give back is left as it is, unless only its truth counts.
   * @param {Node} node @param {boolean} isTested */
  logical(node, isTested) {
    const parts = this.chain(node, node.operator).map((part, at, { length }) => {
      const gives = node.operator !== "&&" || at === length - 1;
      return isTested || !gives ? this.operand(part) : this.counted(part);
    });
    return `(${parts.join(node.operator)})`;
  }

  /** Renders a value whose truth is tested, as a spreadsheet does: the text FALSE is false.
   * @param {Node} node @returns {string} */
  operand(node) {
    if (node.type === "LogicalExpression" && node.operator !== "??") return this.logical(node, true);
    return this.isReference(node) ? `${this.mark}.truth(${this.counted(node)})` : this.counted(node);
  }

  /** Renders a value of which 0 isn't true, also as the text of a number column. @param {Node} node */
  counted(node) {
    return this.isFigure(node) ? `${this.mark}.unlessZero(${this.inside(node)})` : this.inside(node);
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
    const before = this.source.slice(node.start, object.start);
    return `${before}${this.needed(object, node.property.name)}${this.plain(node, object.end)}`;
  }

  /** Writes a reference of which a member is read: a cell of a number column is a number for those of numbers.
   * @param {Node} reference @param {string} member */
  needed(reference, member) {
    const value = `${this.mark}.need(${this.render(reference)},${this.slot(reference.name)})`;
    return this.isFigure(reference) && OF_NUMBERS.includes(member) ? `${this.mark}.figure(${value})` : value;
  }
}
