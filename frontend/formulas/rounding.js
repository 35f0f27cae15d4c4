/** Rounding as in spreadsheets: by the digits that they show, and with halves away from zero. */

import { native } from "./digits.js";

const SHOWN = 14; // digits behind the first one: 1.005 is a little less in binary, and nobody sees it
const MOST = 17; // digits that a double has
const CLEAR = 1e9; // below, what binary fractions add or take is much less than this:
const BINARY = 1e-5;

/** Moves the point of a number without rounding it. @param {number} value @param {number} places */
export function shifted(value, places) {
  const [digits, exponent] = String(value).split("e");
  return native(`${digits}e${native(exponent ?? 0) + places}`);
}

/** Rounds to so many places behind the point, or before it if they are negative.
 * @param {number} value @param {number} places @param {(size: number) => number} way such as Math.ceil for up */
export function rounded(value, places, way = Math.round) {
  if (!Number.isFinite(value) || value === 0) return value;
  const size = Math.abs(value);
  if (places >= 0 && places < 10) {
    const scale = 10 ** places;
    const moved = size * scale;
    const doubled = moved * 2; // whole where a half or a whole decides, which is told by its digits
    if (moved < CLEAR && Math.abs(doubled - Math.round(doubled)) > BINARY)
      return (Math.sign(value) * way(moved)) / scale;
  }
  const kept = native(size.toExponential().split("e")[1]) + places; // digits behind the first one
  if (kept >= MOST) return value;
  const whole = way(shifted(native(size.toExponential(Math.max(SHOWN, kept + 1))), places));
  return Math.sign(value) * shifted(whole, -places);
}

/** Writes a number with so many digits behind the point. @param {number} value @param {number} places */
export const fixed = (value, places) => rounded(value, places).toFixed(places);
