/** Freezes what rows share, so that no row can change what the next one sees. */

/** Objects that cannot be reached from a global. */
const HIDDEN = () => [
  function* () {},
  async () => {},
  async function* () {},
  (function* () {})(),
  (async function* () {})(),
  [][Symbol.iterator](),
  /** @type {any} */ ([].values()).map(String),
  /** @type {any} */ (globalThis).Iterator.from({ next: () => ({ done: true, value: 0 }) }),
  ""[Symbol.iterator](),
  "".matchAll(/./g),
  new Map().entries(),
  new Set().values(),
];

/** Lets objects have a `toString` or `constructor` of their own, although that of the prototype is frozen.
 * @param {any} prototype */
function allowOverrides(prototype) {
  for (const [name, { value, writable, configurable }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (!writable || !configurable) continue;
    Object.defineProperty(prototype, name, {
      get: () => value,
      set(own) {
        if (this === prototype) throw new TypeError(`'${name}' is read-only`);
        Object.defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
      },
      configurable: false,
    });
  }
}

/** @param {any[]} more what else to freeze, with all that it leads to */
export function freezeAll(more) {
  const errors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
  for (const prototype of [Object.prototype, ...errors.map((kind) => kind.prototype)]) allowOverrides(prototype);
  const waiting = [globalThis, ...HIDDEN(), ...more];
  const seen = new Set();
  while (waiting.length) {
    const value = waiting.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    Object.freeze(value);
    waiting.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      waiting.push(property?.value, property?.get, property?.set);
    }
  }
}
