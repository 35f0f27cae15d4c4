/** The time zone of a new schedule: that of whoever sets it. */

/** Fills in the time zone of this browser where none is chosen. @param {Element} root */
export function fillTimeZone(root) {
  const field = /** @type {HTMLInputElement | null} */ (root.querySelector("[data-time-zone]"));
  if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
