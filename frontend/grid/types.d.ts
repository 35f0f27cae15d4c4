/* Shapes of the API (/api/v1) that the grid reads, and of the grid's parts. */

import type { Columns } from "./columns.js";
import type { History } from "./history.js";
import type { Rows } from "./rows.js";
import type { SelectedRows } from "./selected-rows.js";
import type { Selection } from "./selection.js";
import type { View } from "./view.js";
import type { Viewport } from "./viewport.js";

export type ColumnType = "text" | "number" | "checkbox" | "date" | "formula" | "extract" | "http";

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
}

export interface Column {
  id: number;
  name: string;
  type: ColumnType;
  config?: Record<string, unknown>;
  position: number;
  width: number;
  hidden: boolean;
  pinned: boolean;
  counts?: Partial<Record<State, number>>;
  /** Results that are out of date. */
  stale?: number;
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
    unknown: number;
    cancelled: number;
    pending: number;
  };
  rate_per_s: number | null;
  seconds_left: number | null;
  stop_reason: string | null;
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
  | "contains"
  | "not_contains"
  | "gt"
  | "lt"
  | "empty"
  | "not_empty"
  | "state"
  | "like";

export interface Filter {
  column: number;
  op: FilterOp;
  value?: string | boolean;
  /** What the rows of a `like` filter failed with. */
  message?: string;
}

export interface Sort {
  column: number;
  desc: boolean;
}

/** Which rows are shown, and in which order. */
export interface ViewSpec {
  filters: Filter[];
  sorts: Sort[];
  search: string;
  errors: boolean;
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
  /** The element with role="grid": it holds the focus. */
  sheet: HTMLElement;
}
