/** Searches the list of a page by name: "/" focuses the field, arrow keys move through what is found, Esc clears it. */

/** @param {HTMLInputElement} field @param {HTMLElement} none says that nothing was found */
export function listenToSearch(field, none) {
  const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".table-list [data-name]")]);
  const links = () =>
    rows()
      .filter((row) => !row.hidden)
      .flatMap((row) => /** @type {HTMLElement | null} */ (row.querySelector(".name a")) ?? []);
  const narrow = () => {
    const query = field.value.trim().toLocaleLowerCase();
    for (const row of rows()) row.hidden = !(row.dataset.name ?? "").toLocaleLowerCase().includes(query);
    none.hidden = rows().some((row) => !row.hidden);
  };
  field.addEventListener("input", narrow);
  narrow(); // browsers restore the text when the user comes back
  addEventListener("keydown", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "/" && !at.matches("input, textarea, select")) field.focus();
    else if (event.key === "Escape" && at === field) {
      field.value = "";
      narrow();
    } else if (event.key === "Enter" && at === field) links()[0]?.click();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const ring = [field, ...links()];
      const now = ring.indexOf(at);
      if (now < 0) return;
      ring[now + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    } else return;
    event.preventDefault();
  });
}
