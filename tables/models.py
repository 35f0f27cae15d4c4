"""Tables, columns, rows and the cells that something computes. Nothing here knows of HTTP."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspaces.models import User, Workspace


class ColumnType(models.TextChoices):
    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    CHECKBOX = "checkbox", "Checkbox"
    DATE = "date", "Date"
    FORMULA = "formula", "Formula"
    EXTRACT = "extract", "Field"
    HTTP = "http", "HTTP API"
    LOOKUP = "lookup", "Look-up"

    @property
    def is_computed(self) -> bool:
        return self in (ColumnType.FORMULA, ColumnType.EXTRACT, ColumnType.HTTP, ColumnType.LOOKUP)


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


class Table(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=200)
    auto_update = models.BooleanField(default=True)
    ready = models.BooleanField(default=True)  # False hides it: while an import fills it, and once it is deleted
    deleted_at = models.DateTimeField(null=True, blank=True)
    row_count = models.BigIntegerField(default=0)
    last_key = models.BigIntegerField(null=True)  # the last sort key given out at the end; never given out again
    narrow_keys = models.BooleanField(default=False)  # sort keys without gaps, from before there were any
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class LiveColumns(models.Manager["Column"]):
    def get_queryset(self) -> models.QuerySet["Column"]:
        return super().get_queryset().filter(deleted_at=None)


class Column(models.Model):
    """A deleted column keeps its name, so that a reference to it can still say what it was."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="columns")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=ColumnType, default=ColumnType.TEXT)
    position = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=160)
    fitted = models.BooleanField(default=True)  # nobody has chosen the width: the grid fits it to what it shows
    hidden = models.BooleanField(default=False)
    pinned = models.BooleanField(default=False)  # shown before the others, and stays while they scroll
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[LiveColumns] = LiveColumns()
    with_deleted: ClassVar[models.Manager["Column"]] = models.Manager()

    class Meta:
        ordering = ["position", "id"]
        base_manager_name = "with_deleted"
        constraints = [
            models.UniqueConstraint(fields=["table", "name"], condition=Q(deleted_at=None), name="column_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_computed(self) -> bool:
        return ColumnType(self.type).is_computed


class SavedView(models.Model):
    """Which rows and columns of a table are shown, in which order and how, under a name."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField()
    settings = models.JSONField(default=dict)  # filter, sort and so on, as in the API
    version = models.PositiveIntegerField(default=0)  # how often it was saved
    created_by = models.CharField(max_length=260, blank=True)  # as the audit log names them
    changed_by = models.CharField(max_length=260, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


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

    row = models.ForeignKey(Row, on_delete=models.CASCADE, related_name="cells")
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


class SummaryChoice(models.Model):
    """What the line below the grid of a table counts for one person: {str(column id): a kind of summary}."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    kinds = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "table"], name="summary_choice_once")]


class Edit(models.Model):
    """What somebody changed in the rows of a table at once, or which rows they added."""

    class How(models.TextChoices):
        EDIT = "edit"
        ADD = "add"
        REPLACE = "replace"
        MERGE = "merge"
        UNDO = "undo"

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="edits", db_index=False)
    how = models.CharField(max_length=7, choices=How)
    who = models.CharField(max_length=260)  # as the audit log names them
    at = models.DateTimeField(default=timezone.now)
    rows = models.BigIntegerField(default=0)  # that it changed
    first_added = models.BigIntegerField(null=True)  # the ids between which the rows lie that it added
    last_added = models.BigIntegerField(null=True)
    # Of find and replace, and of undoing it: what is to be done, after which row, and what has come of it.
    task = models.JSONField(default=dict)
    heartbeat_at = models.DateTimeField(null=True)  # while there is more to do

    class Meta:
        indexes = [
            models.Index(fields=["table", "at"], name="edit_of_table"),
            models.Index(fields=["table", "first_added"], name="edit_added", condition=Q(first_added__isnull=False)),
            models.Index(fields=["heartbeat_at"], name="edit_under_way", condition=Q(heartbeat_at__isnull=False)),
        ]


class EditedRow(models.Model):
    """What an edit wrote into a row, and what stood there before: {str(column id): value}, null for an empty cell."""

    edit = models.ForeignKey(Edit, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    row_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edit", "row_id"], name="edited_row_once")]
        indexes = [models.Index(fields=["row_id"], name="edited_row_history")]


class Deletion(models.Model):
    """A table, a column, a saved view or rows in the trash, which can be restored until `purged_at`."""

    class Kind(models.TextChoices):
        TABLE = "table", "Table"
        COLUMN = "column", "Column"
        VIEW = "view", "View"
        ROWS = "rows", "Rows"

    class Move(models.TextChoices):
        DELETING = "deleting"
        MERGING = "merging"
        RESTORING = "restoring"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="deletions")
    kind = models.CharField(max_length=6, choices=Kind)
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="deletions")
    column = models.ForeignKey(Column, on_delete=models.CASCADE, null=True, related_name="deletions")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, null=True, related_name="deletions")
    name = models.CharField(max_length=200, blank=True)  # of rows, the first value of the first one
    rows = models.BigIntegerField(default=0)
    deleted_by = models.CharField(max_length=260, blank=True)  # as the audit log names them
    deleted_at = models.DateTimeField()
    purged_at = models.DateTimeField()
    # What a worker does with its rows; empty where they are all in the trash.
    move = models.CharField(max_length=9, choices=Move, blank=True)
    rows_total = models.BigIntegerField(null=True)  # to be moved
    # Which rows are deleted, or how they are merged, and what came of that.
    moved = models.JSONField(default=dict)
    heartbeat_at = models.DateTimeField(null=True)  # of the worker

    class Meta:
        indexes = [models.Index(fields=["heartbeat_at"], name="deletion_moving", condition=~Q(move=""))]


class DeletedRow(models.Model):
    """A row in the trash: its id, and the sort key that still keeps its place among the rows of its table."""

    id = models.BigIntegerField(primary_key=True)
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    deletion = models.ForeignKey(
        Deletion, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    sort_key = models.BigIntegerField(db_column="position")
    values = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["table", "sort_key"], name="deleted_row_window"),
            models.Index(fields=["deletion", "id"], name="deleted_row_of_deletion"),
        ]


class DeletedCell(Result):
    """A result of a row in the trash; live cells alone are counted, filtered and run."""

    deletion = models.ForeignKey(
        Deletion, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    row_id = models.BigIntegerField()
    column_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["deletion", "row_id"], name="deleted_cell_of_deletion")]


class Backfill(models.Model):
    """Values of a column that are still to be converted to its type, or copied from another one; then it is deleted."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Column, on_delete=models.CASCADE, null=True, related_name="+")  # to copy from
    last_row = models.BigIntegerField(default=0)  # the id of the last row whose value is written
    heartbeat_at = models.DateTimeField(default=timezone.now)


class Import(models.Model):
    """A file, the rows of an API or the copy of a table on its way into a table, where all of it appears at once."""

    class State(models.TextChoices):
        STAGED = "staged"
        FETCHING = "fetching"  # its rows are still to come from an API
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class CheckState(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="imports")
    table = models.ForeignKey(Table, on_delete=models.SET_NULL, null=True)  # gathers the rows, hidden until all are in
    target = models.ForeignKey(Table, on_delete=models.SET_NULL, null=True, related_name="+")  # to append to
    name = models.CharField(max_length=200)
    filename = models.CharField(max_length=255)
    path = models.CharField(max_length=500)  # in MEDIA_ROOT; empty for a copy, and while rows are fetched
    # How the file is read: the fields of `readers.sheet.Options`; what is absent is detected.
    # Of a copy: copy_of (table id) and columns {column id: id of its copy}.
    options = models.JSONField(default=dict)
    into = models.JSONField(default=dict)  # where its values go: the fields of `mapping.Choices`
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    # What became of the rows: {"added", "updated", "skipped", "rejected", "repeated", "left_blank"}
    counts = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)  # [{"line", "message"}], the first ones
    first_added = models.BigIntegerField(null=True)  # the ids between which its rows lie in the table
    last_added = models.BigIntegerField(null=True)
    # The look at the whole file before it is imported: the latest one, and its counts and warnings.
    check_number = models.PositiveIntegerField(default=0)
    check_state = models.CharField(max_length=10, choices=CheckState, blank=True)
    check_found = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    # Of undoing it, once that has begun: after which rows it goes on, how many are done, and the deletion of rows.
    undo = models.JSONField(default=dict)
    undo_heartbeat_at = models.DateTimeField(null=True)  # while there is more to do

    class Meta:
        indexes = [
            models.Index(
                fields=["undo_heartbeat_at"], name="import_undoing", condition=Q(undo_heartbeat_at__isnull=False)
            )
        ]


class ImportChange(models.Model):
    """What an import writes into a row that was there, and what stood in it before, so that it can be undone."""

    import_job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="changes", db_index=False)
    row_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["import_job", "row_id"], name="import_change_once")]
