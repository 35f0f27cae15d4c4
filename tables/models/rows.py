"""Rows in their order, and the cells that something computes."""

from django.db import models
from django.db.models import Q

from tables.models.tables import Column, Table


class CellState(models.TextChoices):
    EMPTY = "empty", "–"
    QUEUED = "queued", "Queued"
    WAITING = "waiting", "Waiting"
    LIMITED = "limited", "Waiting for the rate limit"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    NO_DATA = "no_data", "No data"
    SKIPPED = "skipped", "Run condition not met"
    MISSING_INPUT = "missing_input", "Missing input"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "May have been sent"
    CANCELLED = "cancelled", "Stopped"


# The states of a cell that came to an end without a result, for a reason.
FAILURES = (CellState.FAILED, CellState.UNKNOWN, CellState.MISSING_INPUT)

# The states of a cell that came to an end, and stay until the row runs again.
WITH_RESULT = (CellState.DONE, CellState.NO_DATA, CellState.SKIPPED, *FAILURES)

# The error code of a cell that failed only because a column it refers to did.
HANDED_DOWN = "input"

# The states of a cell that a run has still to end.
OPEN_STATES = (CellState.QUEUED, CellState.WAITING, CellState.LIMITED, CellState.RUNNING)


class Row(models.Model):
    """Stands in the order of its sort key; `row_order` gives keys and finds rows by their offset."""

    # PostgreSQL would look up the table once more for each row, which takes half the time of an import. Whoever adds
    # rows holds the table (`storage.lock_table`, `row_order.append`), and so does whoever deletes it.
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="rows", db_index=False, db_constraint=False)
    sort_key = models.BigIntegerField(db_column="position")
    values = models.JSONField(default=dict)  # {str(column id): what was typed or uploaded}

    class Meta:
        indexes = [
            models.Index(fields=["table", "sort_key"], name="row_window"),
            models.Index(fields=["table", "id"], name="row_order"),
        ]


class RowBlock(models.Model):
    """Counts the rows of a table whose sort keys lie from `start` to that of the next block."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    start = models.BigIntegerField()
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "start"], name="row_block_once")]


class Result(models.Model):
    """What a computed column has in a row."""

    state = models.CharField(max_length=16, choices=CellState, default=CellState.EMPTY)
    value = models.JSONField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    error_group = models.CharField(max_length=16, null=True)  # of failures with alike messages; null: none, or not yet
    error_detail = models.JSONField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    stale = models.BooleanField(default=False)
    fingerprint = models.CharField(max_length=32, blank=True)  # of the inputs that gave this result
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    run_id = models.BigIntegerField(null=True)  # the run that has, or had last, claimed it
    due_at = models.DateTimeField(null=True)  # not to be claimed before

    class Meta:
        abstract = True


class Cell(Result):
    """The one result of a computed column in a row; no cell means empty (or queued, when a run's scope covers it)."""

    # Unique with the column below, which is the index that begins with it.
    row = models.ForeignKey(Row, on_delete=models.CASCADE, related_name="cells", db_index=False)
    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="cells", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "column"], name="one_cell_each")]
        indexes = [
            models.Index(fields=["column", "state", "row"], name="cell_column_state"),
            models.Index(
                fields=["run_id", "due_at"],
                name="cell_open_of_run",
                condition=Q(state__in=["queued", "waiting", "limited", "running"]),
            ),
            models.Index(fields=["run_id", "due_at"], name="cell_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["run_id", "finished_at"], name="cell_due_since", condition=Q(due_at__isnull=False)),
            models.Index(fields=["column", "row"], name="cell_stale", condition=Q(stale=True)),
            models.Index(
                fields=["column", "state", "http_status", "error_code", "error_group", "row"],
                name="cell_failures",
                condition=Q(error_group__isnull=False),
            ),
            models.Index(
                fields=["run_id", "state", "http_status", "error_code", "error_group", "row"],
                name="cell_failures_of_run",
                condition=Q(error_group__isnull=False),
            ),
            models.Index(
                fields=["column"],
                name="cell_ungrouped",
                condition=Q(error_group=None, state__in=["failed", "unknown", "missing_input"]),
            ),
        ]
