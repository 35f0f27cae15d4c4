/**
 * The links at which anybody reads a saved view, without an account: made, listed and ended, in a dialog.
 *
 * @typedef {import("../grid/types.d.ts").SavedView} SavedView
 * @typedef {{ id: number, created_by: string, created_at: string, expires_at: string }} Link
 */

import { api, reasonOf } from "../ui/api.js";
import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { openForm } from "../ui/form-dialog.js";
import { clockText } from "../ui/format.js";
import { iconButton } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { once } from "../ui/once.js";

const LIFETIMES = /** @type {const} */ ([
  [1, "in a day"],
  [7, "in a week"],
  [30, "in 30 days"],
  [366, "in a year"],
]);

/** @param {SavedView} view */
export async function openShares(view) {
  try {
    const { items } = await api("GET", `/views/${view.id}/links`);
    new SharesDialog(view, items).open();
  } catch (error) {
    toast(`Can't show the links. ${reasonOf(error)}`);
  }
}

class SharesDialog {
  #days = make("select", { id: "share-days", className: "in" });
  #made = make("div", { className: "copied", hidden: true });
  #list = make("ul", "shares");
  #problem = make("p", { className: "problem", role: "alert", hidden: true });
  #dialog = make("dialog", "table-settings");

  /** @param {SavedView} view @param {Link[]} links */
  constructor(view, links) {
    this.view = view;
    this.links = links;
    this.#days.append(...LIFETIMES.map(([days, words]) => new Option(words, String(days), days === 30, days === 30)));
  }

  open() {
    const text =
      "Anyone who has the link can read the rows of this view as they are then, without an account, in the columns that it shows. They see no settings, requests or other rows.";
    const label = make("label", { htmlFor: this.#days.id }, "The link ends");
    this.#show();
    openForm(this.#dialog, {
      title: `Share “${this.view.name}”`,
      parts: [
        make("p", "hint", text),
        make("div", "field", label, this.#days),
        this.#made,
        this.#list,
        this.#problem,
        make(
          "div",
          "buttons",
          button("Close", "btn", () => this.#dialog.close()),
          make("button", { className: "btn primary" }, "Make link"),
        ),
      ],
      submit: () => this.#create(),
    });
  }

  #create = once(() =>
    this.#attempt(async () => {
      const link = await api("POST", `/views/${this.view.id}/links`, { days: Number(this.#days.value) });
      this.links.unshift(link);
      const copyLink = iconButton(
        "copy",
        "Copy the link",
        "btn ghost icon-only",
        () => void copy(link.url, "Copied the link."),
      );
      this.#made.replaceChildren(make("code", "", link.url), copyLink);
      this.#made.hidden = false;
      copyLink.focus();
    }),
  );

  /** @param {Link} link */
  #end(link) {
    return this.#attempt(async () => {
      await api("DELETE", `/links/${link.id}`);
      this.links = this.links.filter((other) => other !== link);
      this.#made.hidden = true;
      this.#days.focus();
    });
  }

  /** @param {() => Promise<void>} work */
  async #attempt(work) {
    try {
      await work();
      this.#problem.hidden = true;
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
      this.#problem.hidden = false;
    }
    this.#show();
  }

  #show() {
    this.#list.hidden = !this.links.length;
    this.#list.replaceChildren(...this.links.map((link) => this.#line(link)));
  }

  /** @param {Link} link */
  #line(link) {
    const until = clockText(link.expires_at);
    const words = make("span", "", `Until ${until}`, make("span", "hint", ` · ${link.created_by}`));
    const end = button("End", "btn small", () => void this.#end(link));
    end.ariaLabel = `End the link until ${until}`;
    return make("li", "", words, end);
  }
}
