/** Numbers, times and counts as the pages show them. */

/** @param {number} value with separators: "12,345" */
export const formatNumber = (value) => value.toLocaleString("en");

/** "1 row", "12,345 rows" @param {number} count @param {string} noun in the singular */
export const plural = (count, noun) => `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;

/** Formats a moment as a time of day, with the date if it is not today's. @param {string} moment ISO 8601 */
export function timeText(moment) {
  const date = new Date(moment);
  const time = date.toLocaleTimeString();
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** "42 s", "3 min", "2 h 5 min", with spaces that do not break. @param {number} seconds */
export function durationText(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))}\u00a0s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}\u00a0min`;
  return `${Math.floor(seconds / 3600)}\u00a0h ${Math.round((seconds % 3600) / 60)}\u00a0min`;
}
