/* Shapes of the API (/api/v1/imports) that the import reads. */

export interface Preview {
  columns: string[];
  rows: unknown[][];
  /** Where each of `rows` begins in the file. */
  lines: number[];
  has_header: boolean;
  header_row: number | null;
  skip_lines: number;
  /** The first lines above the table. */
  skipped: [number, unknown[]][];
  delimiter: string | null;
  quote: string | null;
  encoding: string | null;
  is_sure: boolean;
  /** The one that is used first. */
  encodings: { encoding: string; words: string[] }[];
  sheet: string | null;
  sheets: Choice[];
  list_path: string | null;
  lists: Choice[];
  reader: string | null;
  total: number | null;
  warnings: Warning[];
  columns_guess: Guess[];
  problem: string | null;
}

/** A sheet, or a list inside a JSON object. */
export interface Choice {
  name: string;
  rows: number | null;
  hidden: boolean;
}

export interface Warning {
  line: number | null;
  message: string;
  /** Of the file. */
  column?: string | null;
  /** How many of the column do not fit: it stands for the warnings of each. */
  values?: number;
}

export interface Guess {
  from: string;
  /** The id or the name of a column; null where it is left out. */
  to: number | string | null;
  type: string | null;
  is_new: boolean;
  values: unknown[];
}

/** How the file is read; what is left out is detected. */
export interface Reading {
  has_header?: boolean;
  header_row?: number;
  skip_lines?: number;
  delimiter?: string;
  quote?: string;
  encoding?: string;
  sheet?: string;
  list_path?: string;
  spread?: boolean;
  repeat_merged?: boolean;
}

export interface Check {
  rows: number;
  added: number;
  updated: number;
  skipped: number;
  rejected: number;
  repeated: number;
  left_blank: number;
  warnings: Warning[];
}

export interface Import {
  id: number;
  state: "staged" | "queued" | "running" | "done" | "failed" | "cancelled";
  name?: string;
  filename?: string;
  rows_done: number;
  rows_total: number | null;
  table_id: number | null;
  error: string | null;
  check?: Check | null;
  check_state?: "none" | "running" | "done" | "failed";
  added?: number;
  updated?: number;
  skipped?: number;
  rejected?: number;
  warnings?: Warning[];
  /** Rows that did not come in, or with a value left blank. */
  has_rejected?: boolean;
  /** How often it began again because its worker had stopped. */
  restarts?: number;
  rows_per_second?: number | null;
  seconds_left?: number | null;
  can_undo_until?: string | null;
  undone_at?: string | null;
  /** Of undoing that has begun and not ended. */
  undo?: { state: "running" | "stopped"; rows_done: number; rows_total: number } | null;
}

/** The table that a file is added to. */
export interface Target {
  id: number;
  name: string;
  columns: { id: number; name: string; type: string }[];
}
