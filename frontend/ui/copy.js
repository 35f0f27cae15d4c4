/** Puts text on the clipboard and says so. */

import { toast } from "./notices.js";

/** Copies text. @param {string} text @param {string} notice shown when it is there */
export async function copy(text, notice) {
  try {
    await navigator.clipboard.writeText(text);
    toast(notice);
  } catch {
    toast("The browser blocked copying. Select the text and press Ctrl+C.");
  }
}
