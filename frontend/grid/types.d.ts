/* Shapes of the API (/api/v1) that the grid reads, and of the grid's parts. */

import type { Columns } from "./columns.js";
import type { History } from "./history.js";
import type { OpenRows } from "./open-rows.js";
import type { Rows } from "./rows.js";
import type { SelectedRows } from "./selected-rows.js";
import type { Selection } from "./selection.js";
import type { Unsaved } from "./unsaved.js";
import type { View } from "./view.js";
import type { Viewport } from "./viewport.js";

export type ColumnType = "text" | "number" | "checkbox" | "date" | "formula" | "extract" | "http" | "lookup";

export type State =
  | "empty"
  | "queued"
  | "waiting"
  | "limited"
  | "running"
  | "done"
  | "no_data"
  | "skipped"
  | "missing_input"
  | "failed"
  | "unknown"
  | "cancelled";

export interface Cell {
  value: unknown;
  /** Of a value that was not announced, because it is long: it has to be read. */
  value_length?: number;
  /* Only computed cells carry the rest. */
  state?: State;
  error?: { code: string; message: string } | null;
  stale?: boolean;
  http_status?: number | null;
  /** Those that have ended. */
  attempts?: number;
  /** Of a running cell. */
  max_attempts?: number;
}

export interface Row {
  id: number;
  /** In the table, from 0; null when the row was deleted since its view was opened. */
  position: number | null;
  cells: Record<string, Cell>;
  /** How many there are on it; missing where there is none. */
  comments?: number;
}

export interface Column {
  id: number;
  name: string;
  type: ColumnType;
  config?: Record<string, unknown>;
  position: number;
  width: number;
  /** Nobody has chosen the width: it follows from what the column shows. */
  fitted: boolean;
  hidden: boolean;
  pinned: boolean;
  counts?: Partial<Record<State, number>>;
  /** Results that are out of date. */
  stale?: number;
  /** Of the failed, those that failed only because a column that this one refers to did. */
  handed_down?: number;
}

export interface Table {
  id: number;
  name: string;
  row_count: number;
  columns: Column[];
}

export type RunState = "planning" | "running" | "paused" | "stopped" | "done";

export interface Run {
  id: number;
  column_id: number;
  state: RunState;
  scope: Exclude<Scope, { view: string } | { like: number }>; // these become ids
  automatic: boolean;
  started_at: string | null;
  finished_at: string | null;
  counts: {
    total: number;
    done: number;
    no_data: number;
    skipped: number;
    missing_input: number;
    failed: number;
    handed_down: number;
    unknown: number;
    cancelled: number;
    pending: number;
  };
  rate_per_s: number | null;
  seconds_left: number | null;
  stop_reason: string | null; // or why it paused itself
  resumes_at: string | null; // when a run that paused itself resumes
  slowed_to: number | null; // requests a second, by the API
  connection_to_mend: number | null;
}

/** What a run may cover; `ids` are row ids, `like` is a row that failed as the others did. */
export type Scope =
  | "missing"
  | "failed"
  | "stale"
  | "all"
  | { first: number }
  | { ids: number[] }
  | { all_but: number[] }
  | { view: string }
  | { like: number };

export type FilterOp =
  | "eq"
  | "ne"
  | "one_of"
  | "not_one_of"
  | "contains"
  | "not_contains"
  | "starts_with"
  | "ends_with"
  | "gt"
  | "gte"
  | "lt"
  | "lte"
  | "between"
  | "empty"
  | "not_empty"
  | "state"
  | "like"
  | "listed";

export interface Filter {
  column: number;
  op: FilterOp;
  value?: string | boolean | string[];
  /** What the rows of a `like` filter failed with, and what those of a `listed` one are. */
  message?: string;
}

/** In a group, all or any of its items hold. */
export interface FilterGroup {
  all?: FilterItem[];
  any?: FilterItem[];
}

export type FilterItem = Filter | FilterGroup;

export interface Sort {
  column: number;
  desc: boolean;
}

export type RowHeight = "compact" | "medium" | "tall";

/** Which rows are shown, in which order, and how. */
export interface ViewSpec {
  filters: FilterItem[];
  sorts: Sort[];
  search: string;
  errors: boolean;
  /** Ids of columns; null where the columns themselves say whether they are hidden. */
  hidden: number[] | null;
  /** Ids of columns; null where the columns themselves say whether they are pinned. */
  pinned: number[] | null;
  /** Ids of columns from left to right; null where they stand as in the table. */
  order: number[] | null;
  rowHeight: RowHeight;
  /** The column whose values are listed beside the rows. */
  group: number | null;
}

/** "" is all rows, "errors" those with errors, and a number is the id of a saved view. */
export type ViewId = "" | "errors" | number;

export interface SavedView {
  id: number;
  name: string;
  position: number;
  /** How often it was saved. */
  version: number;
  created_by: string;
  changed_by: string;
  filter: FilterItem[];
  sort: Sort[];
  errors: boolean;
  hidden: number[];
  pinned: number[] | null;
  order: number[] | null;
  row_height: RowHeight;
  group: number | null;
  /** Deleted columns that it filters by; the name is empty once it is forgotten. */
  missing_columns: { id: number; name: string }[];
}

/** Rows with the same value in a column. */
export interface ValueGroup {
  value: string | boolean;
  count: number;
  filter: Filter;
}

export interface Change {
  rowId: number;
  columnId: number;
  before: unknown;
  after: unknown;
}

/** A cell that could not take what was pasted. */
export interface Refusal {
  row: number;
  column: number;
  message: string;
}

/** Two corners, both included; row -1 is the header. */
export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface Grid {
  table: Table;
  canEdit: boolean;
  columns: Columns;
  rows: Rows;
  selection: Selection;
  selectedRows: SelectedRows;
  viewport: Viewport;
  view: View;
  history: History;
  openRows: OpenRows;
  unsaved: Unsaved;
  /** The element with role="grid": it holds the focus. */
  sheet: HTMLElement;
}
