"""What people changed in rows, and what stood there before."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tables.models.tables import Table


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
