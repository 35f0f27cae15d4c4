"""What follows from what: rows made of lists, the keys of look-ups, what is still to be calculated."""

from django.db import models

from enrichment.leases import Lease
from tables.models import Column, Table
from workspaces.models import User


class ListRows(models.Model):
    """A list in the results of a column, whose items are rows of a table, and what came of them so far."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="list_rows")
    path = models.TextField(blank=True)  # of the list in a result; empty: the result is one
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    columns = models.JSONField(default=list)  # [{"path", "column": id}]
    key = models.JSONField(default=list)  # ids of the columns by which items match rows that are there
    source_column_id = models.BigIntegerField()  # of that table: holds the id of the row that an item came from
    auto = models.BooleanField(default=True)
    items = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    misfits = models.BigIntegerField(default=0)  # values that were left blank
    problem = models.TextField(blank=True)  # why the last rows could not be made
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]


class ListWork(Lease):
    """Rows whose lists are still to become rows, and how far that is."""

    list_rows = models.ForeignKey(ListRows, on_delete=models.CASCADE, related_name="work")
    row_ids = models.JSONField(null=True)  # sorted; null: every row up to `last_row`
    last_row = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)  # rows up to this id are done
    step_token = models.CharField(max_length=32, blank=True)  # whoever goes on with it knows it

    class Meta:
        ordering = ["pk"]


class _Key(models.Model):
    """The key of a row: 64 bits of the digest of a trimmed text."""

    pk = models.CompositePrimaryKey("column_id", "row_id")
    column_id = models.BigIntegerField()
    row_id = models.BigIntegerField()
    key = models.BigIntegerField()

    class Meta:
        abstract = True


class MatchKey(_Key):
    """By which a row is found: of its value in a column that look-ups compare with."""

    class Meta:
        indexes = [models.Index(fields=["column_id", "key", "row_id"], name="match_key")]


class SoughtKey(_Key):
    """By which a row finds others: of what it looks for in a look-up column."""

    class Meta:
        indexes = [models.Index(fields=["column_id", "key", "row_id"], name="sought_key")]


class Recalculation(Lease):
    """Formula columns that are still to be computed, for which rows, and how far that is: the recalculation queue."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="recalculations")
    column_ids = models.JSONField()  # formula, field and look-up columns to compute, HTTP columns to look at
    then_run = models.JSONField(default=list)  # HTTP columns that wait for it, then run for all of its rows
    read_by = models.JSONField(default=list)  # look-up columns of any table to which these rows may be new
    row_ids = models.JSONField(null=True)  # sorted; null: every row from `first_row` to `last_row`
    first_row = models.BigIntegerField(default=0)
    last_row = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)  # rows up to this id are computed
    step_token = models.CharField(max_length=32, blank=True)  # whoever goes on with it knows it
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "enrichment_recompute"
        ordering = ["id"]
