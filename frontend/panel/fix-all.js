/** The edits of several problems of one text as one edit, so that what was pasted is put right at once. */

/** @typedef {{ offset: number, length: number, text: string }} Edit in code points, as the server counts */

/**
 * Returns the one edit that makes all of them; null if two of them touch, because then their order would matter.
 * @param {string} text @param {Edit[]} edits @returns {Edit | null}
 */
export function combined(text, edits) {
  const inOrder = [...edits].sort((one, other) => one.offset - other.offset);
  const [first] = inOrder;
  if (!first) return null;
  const points = [...text];
  let [made, at] = ["", first.offset];
  for (const [number, edit] of inOrder.entries()) {
    if (number > 0 && edit.offset <= at) return null;
    made += points.slice(at, edit.offset).join("") + edit.text;
    at = edit.offset + edit.length;
  }
  return { offset: first.offset, length: at - first.offset, text: made };
}

/**
 * Returns the edits of the problems that have exactly one.
 * @param {Element} list @returns {Edit[]}
 */
export function editsOf(list) {
  const buttons = [...list.querySelectorAll(".problem[data-field]")].map(
    (problem) => /** @type {NodeListOf<HTMLElement>} */ (problem.querySelectorAll("[data-edit-offset]")),
  );
  return buttons
    .filter(({ length }) => length === 1)
    .map(([{ dataset }]) => ({
      offset: Number(dataset.editOffset),
      length: Number(dataset.editLength),
      text: dataset.editText ?? "",
    }));
}
