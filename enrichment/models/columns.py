"""The settings of computed columns, and when they run by the clock."""

from django.db import models

from enrichment.engine.template import inputs, references
from enrichment.models.connections import Connection
from tables.models import Column
from workspaces.models import User


class HttpColumn(models.Model):
    """The settings of a column of type http; templates hold column ids ({{@12.path}}), not names."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="http")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="columns")
    config = models.JSONField(default=dict)
    requests = models.JSONField(null=True)  # [[since when, digest]] of those it has asked with; null: always this one
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that the request needs."""
        found = inputs.column_ids(self.config, {}) | references.column_ids(self.config.get("run_if") or "")
        return frozenset(found.union(map(int, self.config.get("required") or ())))


class Schedule(models.Model):
    """When a column runs by the clock, as the API gives it, and what became of the last time."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="schedule")
    config = models.JSONField()
    due_at = models.DateTimeField(db_index=True)
    ran_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)  # why it did not run the last time
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)


class FormulaColumn(models.Model):
    """The settings of a column of type formula or extract; formulas hold column ids ({{@12.path}}), not names."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="formula")
    formula = models.TextField(blank=True)  # of an extract: what stands where the path gives nothing
    source = models.ForeignKey(Column, on_delete=models.CASCADE, null=True, related_name="+")
    path = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that the settings refer to."""
        own = {self.source_id} if self.source_id else set()
        return frozenset(references.column_ids(self.formula) | own)


ROW = 0  # stands for the row itself, where the id of a column that look-ups compare with would be


class LookupColumn(models.Model):
    """The settings of a column of type lookup; its template holds column ids ({{@12.path}}), not names.

    What it looks into is kept by id alone, with its name: it can still be named when it is gone for good.
    """

    class Many(models.TextChoices):
        FIRST = "first", "The first one"
        LIST = "list", "All of them, as a list"
        COUNT = "count", "How many there are"

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="lookup")
    target_id = models.BigIntegerField(db_index=True)  # the table with the rows that match
    match_id = models.BigIntegerField()  # its column with the values that are compared
    value = models.TextField()  # what they are compared with, for each row here
    take_id = models.BigIntegerField(null=True)
    take_path = models.TextField(blank=True)
    many = models.CharField(max_length=5, choices=Many, default=Many.FIRST)
    names = models.JSONField(default=dict)  # of table, match and take when it was saved
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column of its own table that the settings refer to."""
        return frozenset(references.column_ids(self.value))

    @property
    def reads(self) -> frozenset[int]:
        """The columns of the other table."""
        return frozenset({self.match_id, self.take_id or self.match_id})
