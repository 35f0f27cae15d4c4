/**
 * The search box: asks when typing pauses. Ctrl+F goes to it, Esc clears it and goes back to the cells.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */
const TYPING_MS = 300;

/** @param {Grid} grid @param {HTMLInputElement} box */
export function listenToSearch(grid, box) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const ask = () => {
    clearTimeout(timer);
    const search = box.value.trim();
    if (search !== grid.view.spec.search) void grid.view.change({ search });
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Escape" && event.key !== "Enter" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    if (event.key === "Escape") box.value = "";
    ask();
    grid.sheet.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    const wanted =
      (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f";
    // Pressed again, or in a dialog, it is the browser's own.
    if (!wanted || document.activeElement === box || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
