/** Puts text on the clipboard and says so. */

import { toast } from "./notices.js";

/** @param {string} text @param {string} said when it is there */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast("The browser did not allow copying. Select the text and press Ctrl+C.");
  }
}
