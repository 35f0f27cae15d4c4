/** The dialog that fills the form from an OpenAPI document: the text of a file, and a list of operations to search. */

/** @param {HTMLElement} button @returns {boolean} whether the button was one of the dialog */
export function handleOpenapiClick(button) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("openapi"));
  if ("openOpenapi" in button.dataset) dialog?.showModal();
  else if ("closeOpenapi" in button.dataset) dialog?.close();
  else return false;
  return true;
}

document.addEventListener("change", async (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const text = document.getElementById("openapi-document");
  const file = field.id === "openapi-file" ? field.files?.[0] : null;
  if (file && text instanceof HTMLTextAreaElement) text.value = await file.text();
});

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const list = field.dataset.filter && document.getElementById(field.dataset.filter);
  if (!list) return;
  const query = field.value.trim().toLowerCase();
  for (const item of list.querySelectorAll("li")) item.hidden = !item.textContent?.toLowerCase().includes(query);
});
