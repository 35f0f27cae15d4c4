/** Where a place in a field is on the screen. */

const COPIED = /** @type {const} */ ([
  "boxSizing", "width", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth",
  "borderRightWidth", "borderBottomWidth", "borderLeftWidth", "fontFamily", "fontSize", "fontWeight", "lineHeight",
  "letterSpacing", "tabSize",
]);

/**
 * The left and lower edge of the character at `offset`, in the viewport: measured in a copy of the field.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {number} offset
 */
export function caretPosition(field, offset) {
  const copy = document.createElement("div");
  const style = getComputedStyle(field);
  for (const property of COPIED) copy.style[property] = style[property];
  const wraps = field instanceof HTMLTextAreaElement;
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", borderStyle: "solid", top: "0", left: "0" });
  Object.assign(copy.style, { whiteSpace: wraps ? "pre-wrap" : "pre", overflowWrap: "break-word" });
  const mark = Object.assign(document.createElement("span"), { textContent: "\u200b" });
  copy.append(field.value.slice(0, offset), mark);
  document.body.append(copy);
  const box = field.getBoundingClientRect();
  const left = box.left + mark.offsetLeft - field.scrollLeft;
  const bottom = box.top + mark.offsetTop + mark.offsetHeight - field.scrollTop;
  copy.remove();
  return { left: Math.min(left, box.right - 16), bottom: Math.min(bottom, box.bottom) };
}
