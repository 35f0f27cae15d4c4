/**
 * The search box: searches when typing pauses. Ctrl+F focuses it, Esc clears it and goes back to the cells.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */
const TYPING_MS = 300;

/** @param {Grid} grid @param {HTMLInputElement} box */
export function listenToSearch(grid, box) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const search = () => {
    clearTimeout(timer);
    const text = box.value.trim();
    if (text !== grid.view.spec.search) void grid.view.change({ search: text });
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, TYPING_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Escape" && event.key !== "Enter" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    if (event.key === "Escape") box.value = "";
    search();
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
