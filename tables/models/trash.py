"""What was deleted and can be restored."""

from django.db import models
from django.db.models import Q

from tables.models.rows import Result
from tables.models.tables import Column, SavedView, Table
from workspaces.models import Workspace


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
