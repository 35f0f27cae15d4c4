/** What the column of a field is called, after the field. */

/**
 * "employee_count" → "Employee count"; an item of a list is called after the list: "Tags 1".
 * @param {string} key @param {string} [list] the name of the list that it is an item of
 */
export function fieldName(key, list) {
  const text = list === undefined ? key : `${list} ${Number(key) + 1}`;
  const words = text
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .split(/[\s_-]+/)
    .filter(Boolean)
    .map((word) => (/^[A-Z\d]+$/.test(word) ? word : word.toLowerCase()))
    .join(" ");
  return (words.charAt(0).toUpperCase() + words.slice(1)).slice(0, 200) || "Field";
}
