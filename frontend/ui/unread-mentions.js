/** The @ at the top of the page, with how many mentions the reader has not read. */

import { api } from "./api.js";
import { make } from "./elements.js";

const MOST = 99;

/** Counts again if the reader is one of these users, whose mentions have changed. @param {number[]} userIds */
export async function recountMentions(userIds) {
  const link = /** @type {HTMLElement | null} */ (document.querySelector(".mentions-link"));
  if (!link || !userIds.includes(Number(link.dataset.userId))) return;
  const { total } = await api("GET", "/mentions?unread=true&limit=1");
  link.ariaLabel = link.title = total ? `Mentions, ${total} unread` : "Mentions";
  link.querySelector(".unread-count")?.remove();
  if (!total) return;
  const count = make("span", "unread-count", total > MOST ? `${MOST}+` : String(total));
  count.ariaHidden = "true";
  link.append(count);
}
