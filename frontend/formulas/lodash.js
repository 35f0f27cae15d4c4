/** The library behind `_`, for formulas that use it. */

export { default } from "lodash";
