/** Settings that few columns use: a chip stands for each until it is shown. */

/** @param {Element} form @returns {HTMLElement[]} */
const blocksOf = (form) =>
  [...form.querySelectorAll("[data-optional]")].map((block) => /** @type {HTMLElement} */ (block));

/** @param {HTMLElement} block */
const fieldsOf = (block) =>
  /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */ ([...block.querySelectorAll("input, textarea")]);

/** @param {HTMLElement} block */
const isUsed = (block) =>
  fieldsOf(block).some((field) => (field.type === "checkbox" ? field.matches(":checked") : field.value.trim() !== ""));

/** Shows the optional settings that an element is among. @param {Element} element */
export function reveal(element) {
  const block = /** @type {HTMLElement | null} */ (element.closest("[data-optional]"));
  if (block) block.hidden = false;
  const form = element.closest("form");
  if (form) hideChips(form);
}

/** Shows every optional setting that holds something. @param {Element} form */
export function revealUsed(form) {
  for (const block of blocksOf(form)) if (isUsed(block)) block.hidden = false;
  hideChips(form);
}

/** Hides the chips of what is shown. @param {Element} form */
export function hideChips(form) {
  for (const block of blocksOf(form)) {
    const chip = /** @type {HTMLElement | null} */ (form.querySelector(`[data-show="${block.dataset.optional}"]`));
    if (chip) chip.hidden = !block.hidden;
  }
}

/**
 * Shows what a chip stands for, and goes there.
 * @param {HTMLElement} button
 * @returns {boolean} whether it is a chip
 */
export function handleChipClick(button) {
  const { show } = button.dataset;
  const block =
    show && /** @type {HTMLElement | null} */ (button.closest("form")?.querySelector(`[data-optional="${show}"]`));
  if (!block) return false;
  reveal(block);
  const first = [...block.querySelectorAll("select, input, textarea, [contenteditable]")].find((field) =>
    field.checkVisibility(),
  );
  /** @type {HTMLElement | undefined} */ (first)?.focus();
  return true;
}

/** A method without a body hides the one that is empty; the others ask for it. @param {EventTarget | null} select */
export function handleMethodChoice(select) {
  if (!(select instanceof HTMLSelectElement) || select.name !== "method" || !select.form) return;
  for (const block of blocksOf(select.form)) {
    if (block.dataset.notOf) block.hidden = select.value === block.dataset.notOf && !isUsed(block);
  }
  hideChips(select.form);
}
