/**
 * The gallery: recipes for well-known APIs to choose from.
 *
 * @typedef {{ id: string, name: string, service: string, summary: string, page: string | null, connection: string | null }} Recipe
 */

import { button, make } from "../ui/elements.js";
import { once } from "../ui/once.js";

export class GalleryDialog {
  /** @param {Recipe[]} recipes @param {string[]} problems with files of this server @param {(recipe: Recipe) => Promise<{ open(): void } | null>} choose what opens next */
  constructor(recipes, problems, choose) {
    this.recipes = recipes;
    this.problems = problems;
    this.choose = choose;
    this.dialog = make("dialog", "gallery");
    this.dialog.setAttribute("aria-labelledby", "gallery-title");
    this.list = make("ul", "recipes");
    this.none = make("p", { className: "hint", hidden: true, role: "status" });
  }

  open() {
    const search = make("input", {
      className: "in",
      type: "search",
      placeholder: "Search by service or task",
      ariaLabel: "Search recipes",
    });
    search.addEventListener("input", () => this.#show(search.value));
    this.list.append(...this.recipes.map((recipe) => this.#item(recipe)));
    this.dialog.append(
      make("h2", { id: "gallery-title" }, "Start from a recipe"),
      make(
        "p",
        "hint",
        "A recipe sets up a column for a well-known API. You choose the columns, and enter what is your own.",
      ),
      search,
      ...this.problems.map((problem) => make("p", "problem", problem)),
      this.list,
      this.none,
      make(
        "div",
        "buttons",
        button("Cancel", "btn", () => this.dialog.close()),
      ),
    );
    this.dialog.addEventListener("close", () => this.dialog.remove());
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  /** @param {Recipe} recipe */
  #item(recipe) {
    const choose = once(async () => {
      const next = await this.choose(recipe);
      if (!next) return;
      this.dialog.close();
      next.open();
    });
    const chooser = button("", "recipe-choice", choose);
    chooser.append(
      make("span", "service", recipe.service),
      make("strong", "", recipe.name),
      make("span", "summary", recipe.summary),
    );
    return make("li", "", chooser);
  }

  /** Shows the recipes in which all words of the query occur. @param {string} query */
  #show(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of this.list.children) {
      const text = item.textContent?.toLowerCase() ?? "";
      const fits = words.every((word) => text.includes(word));
      /** @type {HTMLElement} */ (item).hidden = !fits;
      shown += fits ? 1 : 0;
    }
    this.none.textContent = `No recipe for “${query.trim()}” yet. A cURL command or an OpenAPI file of the API's documentation works as well.`;
    this.none.hidden = shown > 0;
  }
}
