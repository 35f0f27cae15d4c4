/**
 * Lines between two parts, dragged by pointer or moved by arrow keys. Where they stand is remembered in this browser, and
 * CSS reads it: `--panel-width` and `--panel-split`.
 *
 * @typedef {object} Kind
 * @property {string} unit
 * @property {number} least
 * @property {number} most
 * @property {number} usual
 * @property {number} step of an arrow key
 * @property {[shrinks: string, grows: string]} keys
 * @property {(event: PointerEvent, around: DOMRect) => number} at where the pointer is
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  width: {
    unit: "px",
    least: 400,
    most: 900,
    usual: 560,
    step: 20,
    keys: ["ArrowRight", "ArrowLeft"],
    at: (event, around) => around.right - event.clientX,
  },
  split: {
    unit: "%",
    least: 20,
    most: 80,
    usual: 55,
    step: 4,
    keys: ["ArrowUp", "ArrowDown"],
    at: (event, around) => (100 * (event.clientY - around.top)) / around.height,
  },
};

const keyOf = (/** @type {string} */ name) => `marl:panel-${name}`;

/** @param {string} name */
function stored(name) {
  const { usual } = KINDS[name];
  try {
    return Number(localStorage.getItem(keyOf(name))) || usual;
  } catch {
    return usual;
  }
}

/** Puts every line where it was left. @param {Element} root */
export function restoreSplitters(root) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-splitter]")))
    move(line, stored(line.dataset.splitter ?? ""));
}

/** Makes the panel as wide as it can be, or as wide as usual if it is. @param {Element} root */
export function makeWide(root) {
  const line = /** @type {HTMLElement | null} */ (root.querySelector('[data-splitter="width"]'));
  const { usual, most } = KINDS.width;
  if (line) settle(line, Number(line.ariaValueNow) < most ? most : usual);
}

/** @param {HTMLElement} line @param {number} value */
function showWhetherWide(line, value) {
  const button = line.parentElement?.querySelector("[data-make-wide]");
  const words = value < KINDS.width.most ? "Make wide" : "Make narrow";
  if (button) Object.assign(button, { ariaLabel: words, title: words });
}

/** @param {HTMLElement} line @param {number} to */
function move(line, to) {
  const name = line.dataset.splitter ?? "";
  const { least, most, unit } = KINDS[name];
  const value = Math.round(Math.min(most, Math.max(least, to)));
  document.documentElement.style.setProperty(`--panel-${name}`, `${value}${unit}`);
  line.ariaValueNow = String(value);
  line.ariaValueMin = String(least);
  line.ariaValueMax = String(most);
  if (name === "width") showWhetherWide(line, value);
}

/** @param {HTMLElement} line @param {number} to */
function settle(line, to) {
  move(line, to);
  try {
    localStorage.setItem(keyOf(line.dataset.splitter ?? ""), line.ariaValueNow ?? "");
  } catch {
    // Without storage, the next visit has the usual place.
  }
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const lineAt = (target) => (target instanceof HTMLElement && "splitter" in target.dataset ? target : null);

/** @param {PointerEvent} event */
function onPointerDown(event) {
  const line = lineAt(event.target);
  if (!line?.parentElement || event.button !== 0) return;
  const { at } = KINDS[line.dataset.splitter ?? ""];
  const around = /** @type {Element} */ (line.closest("[data-split]")).getBoundingClientRect();
  line.setPointerCapture(event.pointerId);
  const follow = (/** @type {PointerEvent} */ moved) => move(line, at(moved, around));
  line.addEventListener("pointermove", follow);
  line.addEventListener(
    "lostpointercapture",
    () => {
      line.removeEventListener("pointermove", follow);
      settle(line, Number(line.ariaValueNow));
    },
    { once: true },
  );
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const line = lineAt(event.target);
  if (!line) return;
  const { keys, step, least, most } = KINDS[line.dataset.splitter ?? ""];
  const now = Number(line.ariaValueNow);
  /** @type {Record<string, number>} */
  const to = { [keys[0]]: now - step, [keys[1]]: now + step, Home: least, End: most };
  if (!(event.key in to)) return;
  event.preventDefault();
  settle(line, to[event.key]);
}

/** Makes the lines of a part of the page movable, those that are drawn later too. @param {HTMLElement} root */
export function startSplitters(root) {
  root.addEventListener("pointerdown", onPointerDown);
  root.addEventListener("keydown", onKey);
  root.addEventListener("dblclick", (event) => {
    const line = lineAt(event.target);
    if (line) settle(line, KINDS[line.dataset.splitter ?? ""].usual);
  });
}
