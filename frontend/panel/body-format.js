/** The format of the body: CSS shows the fields of the chosen one, and the editor of the text takes over its language. */

import { editorOf } from "./fields.js";

/** @param {EventTarget | null} select */
export function handleFormatChoice(select) {
  if (!(select instanceof HTMLSelectElement) || !("bodyFormat" in select.dataset)) return;
  const text = select.form?.querySelector('[name="body"]');
  if (!(text instanceof HTMLTextAreaElement)) return;
  text.dataset.template = select.value;
  text.placeholder = select.selectedOptions[0]?.dataset.example ?? "";
  editorOf(text)?.updateLanguage();
}
