/**
 * The views of the table as tabs: all rows, those with errors, and the saved ones. Where they have no room, one button
 * opens a menu of them.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").SavedView} SavedView
 * @typedef {import("../grid/types.d.ts").ViewId} ViewId
 * @typedef {import("../ui/menu.js").Item} Item
 */

import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { icon, iconButton } from "../ui/icons.js";
import { openMenu } from "../ui/menu.js";
import { wordsOf } from "./missing-columns.js";
import { duplicate, move, remove, rename, saveAsNew } from "./saved-views.js";
import { openShares } from "./shares-dialog.js";
import { dragTab } from "./tab-drag.js";

/** @param {ViewId} id */
const addressOf = (id) => `${location.pathname}${id === "" ? "" : `?view=${id}`}`;

export class ViewTabs {
  /** @param {Grid} grid @param {HTMLElement} nav @param {HTMLAnchorElement} errors the tab of the rows with errors */
  constructor(grid, nav, errors) {
    this.grid = grid;
    this.nav = nav;
    this.errors = errors;
    this.chooser = button("", "btn ghost view-chooser", () => this.#choose());
    this.chooser.ariaHasPopup = "menu";
    for (const event of ["saved", "change"]) grid.view.addEventListener(event, () => this.#paint());
    new ResizeObserver(() => this.#fit()).observe(nav);
    this.#paint();
  }

  #paint() {
    const focused = document.activeElement?.getAttribute("data-view");
    const { view, canEdit } = this.grid;
    const saved = view.saved.map((each) => this.#newSavedTab(each));
    if (canEdit) for (const [index, tab] of saved.entries()) this.#letMove(tab, index, saved);
    const tabs = [this.#newTab("", "All rows"), this.errors, ...saved];
    this.errors.ariaCurrent = view.id === "errors" ? "true" : "false";
    const add = iconButton("add", "Save as a new view", "btn ghost icon-only", () => void saveAsNew(this.grid));
    this.chooser.replaceChildren(make("span", "name", this.#name), icon("down"));
    this.chooser.ariaLabel = `View: ${this.#name}`;
    this.nav.replaceChildren(this.chooser, make("div", "view-tabs", ...tabs), ...(canEdit ? [add] : []));
    if (focused) /** @type {HTMLElement | null} */ (this.nav.querySelector(`[data-view="${focused}"]`))?.focus();
    this.#fit();
  }

  get #name() {
    const { id, current } = this.grid.view;
    return current?.name ?? (id === "errors" ? "Errors" : "All rows");
  }

  /** Shows the tabs, or the button where they would be cut. */
  #fit() {
    const tabs = /** @type {HTMLElement} */ (this.nav.querySelector(".view-tabs"));
    this.nav.classList.remove("crowded");
    this.nav.classList.toggle("crowded", tabs.scrollWidth > tabs.clientWidth + 1);
  }

  /** @param {ViewId} id @param {string} name */
  #newTab(id, name) {
    const tab = make("a", { className: "view-tab", href: addressOf(id) }, make("span", "name", name));
    tab.dataset.view = String(id || "all");
    tab.ariaCurrent = String(this.grid.view.id === id);
    tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of the browser
      event.preventDefault();
      if (this.grid.view.id !== id) void this.grid.view.show(id);
    });
    return tab;
  }

  /** @param {SavedView} saved */
  #newSavedTab(saved) {
    const tab = this.#newTab(saved.id, saved.name);
    tab.title = `Saved by ${saved.changed_by || saved.created_by}`;
    if (this.grid.canEdit) tab.setAttribute("aria-keyshortcuts", "Alt+Shift+ArrowLeft Alt+Shift+ArrowRight");
    const { missing_columns: missing } = saved;
    if (missing.length) {
      tab.title = `This view filters by ${wordsOf(missing)}.`;
      tab.prepend(icon("warning"));
      tab.setAttribute("aria-description", tab.title);
    }
    if (this.grid.view.id !== saved.id) return tab;
    if (this.grid.view.changed) tab.append(make("span", { className: "changed", title: "Changed, not saved" }));
    const open = () => this.#openMenu(saved, more);
    const more = iconButton("down", `${saved.name}: view menu`, "btn ghost icon-only view-more", open);
    more.dataset.view = "menu";
    more.ariaHasPopup = "menu";
    tab.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      open();
    });
    return make("span", "view-open", tab, more);
  }

  /** Lets a tab be moved by dragging, and by Alt+Shift with an arrow. @param {HTMLElement} tab @param {number} index @param {HTMLElement[]} tabs of all saved views */
  #letMove(tab, index, tabs) {
    const to = (/** @type {number} */ place) => void move(this.grid, this.grid.view.saved[index], place);
    tab.addEventListener("pointerdown", (event) => {
      if (!(/** @type {Element} */ (event.target).closest("button"))) dragTab(event, tabs, index, to);
    });
    tab.addEventListener("dragstart", (event) => event.preventDefault()); // the browser would drag the link
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || !event.altKey || !event.shiftKey) return;
      event.preventDefault();
      if (tabs[index + step]) to(index + step);
    });
  }

  /** @param {SavedView} saved @param {HTMLElement} opener */
  #openMenu(saved, opener) {
    openMenu(opener, this.#actions(saved), { label: `${saved.name}: view menu`, back: opener });
  }

  /** @param {SavedView} saved @returns {(Item | "line")[]} */
  #actions(saved) {
    const { grid } = this;
    const { view, canEdit } = grid;
    const at = view.saved.indexOf(saved);
    const link = new URL(addressOf(saved.id), location.href).href;
    /** @type {Item} */
    const share = { text: "Copy link", icon: "link", run: () => void copy(link, "Copied the link to this view.") };
    if (!canEdit) return [share];
    return [
      { text: "Rename…", icon: "rename", run: () => void rename(grid, saved) },
      { text: "Duplicate", icon: "copy", run: () => void duplicate(grid, saved) },
      share,
      { text: "Share with anyone…", icon: "share", run: () => void openShares(saved) },
      { text: "Move left", icon: "left", disabled: at <= 0, run: () => void move(grid, saved, at - 1) },
      {
        text: "Move right",
        icon: "right",
        disabled: at === view.saved.length - 1,
        run: () => void move(grid, saved, at + 1),
      },
      "line",
      { text: "Delete view…", icon: "delete", danger: true, run: () => void remove(grid, saved) },
    ];
  }

  #choose() {
    const { view, canEdit } = this.grid;
    /** @param {ViewId} id @param {string} text @returns {Item} */
    const item = (id, text) => ({ text, checked: view.id === id, run: () => void view.show(id) });
    /** @type {(Item | "line")[]} */
    const items = [item("", "All rows"), item("errors", "Errors"), ...view.saved.map(({ id, name }) => item(id, name))];
    if (canEdit) items.push("line", { text: "Save as a new view…", icon: "add", run: () => void saveAsNew(this.grid) });
    if (view.current) items.push("line", ...this.#actions(view.current));
    openMenu(this.chooser, items, { label: "Views", back: this.chooser });
  }
}
