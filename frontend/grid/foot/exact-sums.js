/** Sums of numbers as they are written, to the last digit: 0.1 and 0.2 are 0.3, and 2⁵³ and 1 are one more. */

const NUMERAL = /^\s*([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d{1,3}))?\s*$/i;
const MORE_PLACES = 15; // of an average that ends

/** @typedef {{ digits: bigint, places: number }} Decimal the digits without a point, and how many stand after it */

/** @param {string} numeral of a finite number @returns {Decimal} */
function decimalOf(numeral) {
  const [, sign = "", whole = "", part = "", exponent = "0"] = NUMERAL.exec(numeral) ?? [];
  const digits = BigInt(`${whole}${part}` || "0") * (sign === "-" ? -1n : 1n);
  const places = part.length - Number(exponent);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

/** @param {Decimal} decimal */
function textOf({ digits, places }) {
  const sign = digits < 0n ? "-" : "";
  const all = String(digits < 0n ? -digits : digits).padStart(places + 1, "0");
  const part = all.slice(all.length - places).replace(/0+$/, "");
  return sign + all.slice(0, all.length - places) + (places && part ? `.${part}` : "");
}

/**
 * Returns the sum as text, and the average: as text where it ends, else as a number, which is rounded.
 * @param {string[]} numerals @returns {{ sum: string, average: string | number }}
 */
export function totals(numerals) {
  const decimals = numerals.map(decimalOf);
  const places = decimals.reduce((most, decimal) => Math.max(most, decimal.places), 0);
  const digits = decimals.reduce((sum, each) => sum + each.digits * 10n ** BigInt(places - each.places), 0n);
  const sum = textOf({ digits, places });
  const longer = digits * 10n ** BigInt(MORE_PLACES);
  const count = BigInt(numerals.length);
  const ends = longer % count === 0n;
  const average = ends
    ? textOf({ digits: longer / count, places: places + MORE_PLACES })
    : Number(sum) / numerals.length;
  return { sum, average };
}
