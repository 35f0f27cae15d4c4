/** The library behind the functions of spreadsheets, for formulas that use them. */

import * as formulajs from "@formulajs/formulajs";

export default formulajs;
