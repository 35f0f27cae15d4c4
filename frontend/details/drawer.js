/**
 * The drawer at the right. It shows one thing beside the grid; Esc closes it and gives the focus back to the grid.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {object} Content
 * @property {string} title
 * @property {string} [note] in soft letters beside the title
 * @property {Node[]} body
 * @property {Node[]} [foot]
 */

import { make } from "../ui/elements.js";
import { keepingFocus } from "../ui/focus.js";
import { iconButton } from "../ui/icons.js";

export class Drawer {
  /** The one that shows something now. @type {object | undefined} */
  #owner;
  #title = make("h2", "");
  #note = make("span", "hint");
  #body = make("div", "drawer-body");
  #foot = make("footer", "drawer-foot");

  /** @param {Grid} grid @param {HTMLElement} aside */
  constructor(grid, aside) {
    this.grid = grid;
    this.aside = aside;
    this.#title.tabIndex = -1;
    this.#title.id = "drawer-title";
    aside.setAttribute("aria-labelledby", this.#title.id);
    const close = iconButton("close", "Close", "btn ghost icon-only", () => this.close());
    aside.append(make("header", "panel-head", this.#title, this.#note, close), this.#body, this.#foot);
    aside.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("marl:panel-open", () => this.#hide());
  }

  /** @param {object} owner */
  isShowing(owner) {
    return this.#owner === owner;
  }

  /** Shows something. The drawer takes the focus when it opens, and keeps it while its content changes. @param {object} owner @param {Content} content */
  show(owner, { title, note = "", body, foot = [] }) {
    const opens = this.#owner !== owner;
    this.#owner = owner;
    this.#title.textContent = title;
    this.#note.textContent = note;
    this.keepFocus(() => {
      this.#body.replaceChildren(...body);
      this.#foot.replaceChildren(...foot);
    });
    this.#foot.hidden = !foot.length;
    this.aside.hidden = false;
    if (!opens) return;
    this.#body.scrollTop = 0;
    this.grid.viewport.reveal(-1, this.grid.selection.column); // not hidden by the drawer
    this.#title.focus({ preventScroll: true });
  }

  /** Draws a part again without losing the focus. @param {() => void} change */
  keepFocus(change) {
    keepingFocus(this.aside, this.#title, change);
  }

  close() {
    this.#hide();
    this.grid.sheet.focus({ preventScroll: true });
  }

  #hide() {
    this.#owner = undefined;
    this.aside.hidden = true;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }
}
