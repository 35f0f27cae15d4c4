/** Numbers, times and counts as the pages show them. */

const SHOWN_AS_DATE = 30; // days

/** @param {number} value with separators: "12,345" */
export const formatNumber = (value) => value.toLocaleString("en");

/** Puts separators into a number as it is written, whose digits all stay: "607438.0" → "607,438.0", but "0042" is a name. @param {string} text */
export const groupDigits = (text) =>
  text.replace(/^(-?[1-9]\d{3,})(?=(?:\.\d+)?$)/, (whole) => whole.replace(/\B(?=(?:\d{3})+$)/g, ","));

/** "1 row", "12,345 rows" @param {number} count @param {string} noun in the singular */
export const plural = (count, noun) => `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;

/** "512 bytes", "12 kB", "1.4 GB", as disks are sold. @param {number} bytes */
export function bytesText(bytes) {
  const units = ["kB", "MB", "GB", "TB"];
  if (bytes < 1000) return plural(bytes, "byte");
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const number = bytes / 1000 ** power;
  return `${number.toLocaleString("en", { maximumSignificantDigits: number < 10 ? 2 : 3 })}\u00a0${units[power - 1]}`;
}

/** Formats a moment as a time of day, with the date if it is not today's. @param {string} moment ISO 8601 */
export function timeText(moment) {
  const date = new Date(moment);
  const time = date.toLocaleTimeString();
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** Formats a moment as hours and minutes, with the date if it is not today's. @param {string} moment ISO 8601 */
export function clockText(moment) {
  const date = new Date(moment);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return date.toDateString() === new Date().toDateString() ? time : `${time} on ${date.toLocaleDateString()}`;
}

/** "just now", "5 min ago", "3 h ago", "2 days ago", and the date after a month, as `workspaces/templatetags/times.py` does. @param {string} moment ISO 8601 */
export function agoText(moment) {
  const seconds = (Date.now() - Date.parse(moment)) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min ago`;
  const days = Math.floor(seconds / 86_400);
  if (days < 1) return `${Math.floor(seconds / 3600)}\u00a0h ago`;
  if (days < SHOWN_AS_DATE) return `${days}\u00a0day${days === 1 ? "" : "s"} ago`;
  return `on ${new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}`;
}

/** "42 s", "3 min", "2 h 5 min", with spaces that do not break. @param {number} seconds */
export function durationText(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))}\u00a0s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}\u00a0min`;
  return `${Math.floor(seconds / 3600)}\u00a0h ${Math.round((seconds % 3600) / 60)}\u00a0min`;
}
