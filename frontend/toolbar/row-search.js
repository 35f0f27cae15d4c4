/**
 * The search box: searches when typing pauses. Ctrl+F focuses it, Enter and Shift+Enter go through the cells that hold
 * the text, ↓ goes to the cells, Esc clears it and goes back to them.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */
import { Hits } from "../grid/hits.js";

const TYPING_MS = 300;

/** @param {Grid} grid @param {HTMLInputElement} box */
export function listenToSearch(grid, box) {
  const hits = new Hits(grid);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const search = async () => {
    clearTimeout(timer);
    const text = box.value.trim();
    if (text !== grid.view.spec.search) await grid.view.change({ search: text });
  };
  const goToNext = async (/** @type {boolean} */ back) => {
    await search();
    if (grid.view.spec.search) await hits.go(back);
    else grid.sheet.focus({ preventScroll: true });
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void search(), TYPING_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Escape" && event.key !== "Enter" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    if (event.key === "Enter") return void goToNext(event.shiftKey);
    if (event.key === "Escape") box.value = "";
    void search();
    grid.sheet.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    const isFind =
      (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f";
    // Pressed again, or in a dialog, it opens the browser's own search.
    if (!isFind || document.activeElement === box || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
