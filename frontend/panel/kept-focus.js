/** Gives the focus back where a part of the panel was swapped and the control that had it is gone. */

/** @typedef {HTMLElement & { disabled?: boolean }} Control */

export class KeptFocus {
  /** The elements around the control that had the focus, the nearest first. @type {HTMLElement[]} */
  #around = [];
  #kind = "";
  #index = 0;

  /** Remembers what has the focus inside of an element, if anything has. @param {HTMLElement} root */
  remember(root) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    this.#around = [];
    if (!focused || !root.contains(focused) || focused === root) return;
    for (let element = focused.parentElement; element && element !== root; element = element.parentElement)
      this.#around.push(element);
    this.#around.push(root);
    const classes = [...focused.classList].filter((name) => !name.startsWith("htmx-")); // of its request
    this.#kind = [focused.localName, ...classes.map((name) => CSS.escape(name))].join(".");
    this.#index = this.#alikeIn(root).indexOf(focused);
  }

  /** Focuses the control that took the place of the one that had the focus, or the last of its kind, or the fallback. @param {HTMLElement | null} fallback */
  restore(fallback) {
    if (document.activeElement !== document.body || !this.#around.length) return;
    const root = /** @type {HTMLElement} */ (this.#around.at(-1));
    const place = /** @type {HTMLElement} */ (this.#around.find((element) => element.isConnected));
    const controls = this.#alikeIn(root);
    const next = controls[this.#index] ?? controls.at(-1);
    const isNear = next && place !== root && place.contains(next) && !next.disabled;
    (isNear ? next : fallback)?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} root @returns {Control[]} */
  #alikeIn(root) {
    return [.../** @type {NodeListOf<Control>} */ (root.querySelectorAll(this.#kind))];
  }
}
