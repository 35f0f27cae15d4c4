/** Continues a series of values: numbers, days and numbered names by their step, anything else by repeating it. */

const DAY_MS = 86_400_000;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
const ISO_MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;
const DOTTED = /^(.*\d\.\d+\.)(\d+)$/s; // 10.0.0.9 is followed by 10.0.0.10
const NUMBERED = /^(.*?)((?:(?<!\S)-)?\d+(?:\.\d+)?)$/s; // in INV-001, the hyphen is no sign

/**
 * @param {string[]} values at least one
 * @returns {(index: number) => string} the value at an index, which counts on from those of `values`
 */
export function continueSeries(values) {
  return days(values) ?? months(values) ?? numbers(values) ?? ((index) => values[index % values.length]);
}

/** @param {number[]} values @returns {number | undefined} the step, if it is the same everywhere */
function stepOf(values) {
  if (values.length < 2 || values.some(Number.isNaN)) return undefined;
  const step = values[1] - values[0];
  const even = values.every((value, i) => i === 0 || Math.abs(value - values[i - 1] - step) < 1e-9);
  return even ? step : undefined;
}

/** @param {string[]} values */
function days(values) {
  if (!values.every((text) => ISO_DAY.test(text))) return undefined;
  const moments = values.map((text) => Date.parse(`${text}T00:00:00Z`));
  const step = stepOf(moments);
  if (step === undefined || step % DAY_MS) return undefined;
  return (/** @type {number} */ index) => new Date(moments[0] + step * index).toISOString().slice(0, 10);
}

/** "2026-11, 2026-12" @param {string[]} values */
function months(values) {
  if (!values.every((text) => ISO_MONTH.test(text))) return undefined;
  const [first, ...others] = values.map((text) => 12 * Number(text.slice(0, 4)) + Number(text.slice(5)) - 1);
  const step = stepOf([first, ...others]);
  if (step === undefined) return undefined;
  return (/** @type {number} */ index) => {
    const month = first + step * index;
    return `${String(Math.floor(month / 12)).padStart(4, "0")}-${String((month % 12) + 1).padStart(2, "0")}`;
  };
}

/** "1, 2", "0041, 0042", "1.10, 1.20" and "Row 1, Row 2" @param {string[]} values */
function numbers(values) {
  const parts = values.map((text) => DOTTED.exec(text) ?? NUMBERED.exec(text));
  const [first] = parts;
  if (!first || parts.some((part) => part?.[1] !== first[1])) return undefined;
  const digits = parts.map((part) => part?.[2] ?? "");
  const step = stepOf(digits.map(Number));
  if (step === undefined || digits.some((text) => text.length > 15)) return undefined;
  const decimals = Math.max(...digits.map((text) => text.split(".")[1]?.length ?? 0));
  const padded = digits.some((text) => /^0\d/.test(text)) ? digits[0].length : 0;
  return (/** @type {number} */ index) => {
    const number = Number(first[2]) + step * index;
    const shown = first[1].endsWith("-") ? Math.abs(number) : number;
    return first[1] + shown.toFixed(decimals).padStart(padded, "0");
  };
}
