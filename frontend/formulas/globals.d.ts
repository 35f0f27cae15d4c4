/** The names of the spreadsheet functions; set by the build. */
declare const SPREADSHEET_FUNCTIONS: string[];

declare module "lodash";
