/* Shapes of the API (/api/v1/tables/{id}/duplicates) that the dialog reads. */

import type { Row } from "../grid/types.d.ts";

export type Keep = "first" | "last" | "fullest";

export interface Group {
  /** The values that its rows have in common, by column id, as the first one has them. */
  key: Record<string, unknown>;
  count: number;
  /** The ids of the first 100. */
  rows: number[];
  kept: Record<Keep, number>;
  /** The first rows, and those that may stay, in order. */
  first: (Row & { position: number })[];
}

export interface Found {
  groups: number;
  rows: number;
  /** How many rows a merge deletes. */
  extra: number;
  items: Group[];
}

export interface Choices {
  columns: number[];
  match: "exact" | "loose";
  keep: Keep;
  fill_blanks: boolean;
}

/** How far the search of a worker is. */
export interface Searching {
  search: string;
  state: "running" | "done" | "stopped" | "failed";
  rows_done: number;
  rows_total: number;
  error: string | null;
}

export interface Totals {
  merged: number;
  deleted: number;
  filled: number;
}

export interface Merged extends Totals {
  /** [row, column] of the filled cells; null for very many. */
  cells: [number, number][] | null;
  /** What these were filled with. */
  values: unknown[] | null;
  /** The key that restores the deleted rows. */
  undo: string | null;
  /** What a worker is still doing; the numbers are not known before it is done. */
  state?: string;
  /** Why it ended before all groups were merged. */
  stopped?: string | null;
}
