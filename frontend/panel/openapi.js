/** The dialog that fills the form from an OpenAPI document: lists of its operations and fields to search. */

/** @param {HTMLElement} button @returns {boolean} whether the button was one of the dialog */
export function handleOpenapiClick(button) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("openapi"));
  if ("openOpenapi" in button.dataset) dialog?.showModal();
  else if ("closeOpenapi" in button.dataset) dialog?.close();
  else return false;
  return true;
}

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const list = field.dataset.filter && document.getElementById(field.dataset.filter);
  if (!list) return;
  const query = field.value.trim().toLowerCase();
  for (const item of list.querySelectorAll("li")) item.hidden = !item.textContent?.toLowerCase().includes(query);
});
