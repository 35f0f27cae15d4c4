"""Files on their way into tables, and columns on their way to another type."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tables.models.tables import Column, Table
from workspaces.models import User, Workspace


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
    # How often another worker took it over because one had stopped. A worker that only seemed dead tells by it that
    # another one is at the import now.
    restarts = models.PositiveSmallIntegerField(default=0)
    mark = models.JSONField(default=dict)  # how far its rows are stored: see `imports.marks`
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
