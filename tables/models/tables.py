"""Tables, their columns and saved views."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspaces.models import Membership, Role, User, Workspace


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


class Table(models.Model):
    class Access(models.TextChoices):
        WORKSPACE = "workspace", "Everybody in the workspace"
        MEMBERS = "members", "Only these people"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=200)
    access = models.CharField(max_length=10, choices=Access, default=Access.WORKSPACE)
    auto_update = models.BooleanField(default=True)
    ready = models.BooleanField(default=True)  # False hides it: while an import fills it, and once it is deleted
    deleted_at = models.DateTimeField(null=True, blank=True)
    # For so many days requests and responses are kept, and at most so many of each cell; null: no limit.
    attempt_days = models.PositiveSmallIntegerField(null=True, default=90)
    attempts_per_cell = models.PositiveSmallIntegerField(null=True, default=25)
    row_count = models.BigIntegerField(default=0)
    last_key = models.BigIntegerField(null=True)  # the last sort key given out at the end; never given out again
    narrow_keys = models.BooleanField(default=False)  # sort keys without gaps, from before there were any
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_restricted(self) -> bool:
        return self.access == self.Access.MEMBERS


class TableMember(models.Model):
    """Somebody on the list of a table that is not for everybody. Who leaves the workspace is off it."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="members", db_index=False)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in (Role.VIEWER, Role.EDITOR)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "membership"], name="table_member_once")]

    def __str__(self) -> str:
        return f"{self.role} of {self.table}"


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


class ViewLink(models.Model):
    """A secret address at which anybody reads the rows of a saved view. Ending it deletes it."""

    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=260, blank=True)  # as the audit log names them
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Link {self.pk} of {self.view}"


class SummaryChoice(models.Model):
    """What the line below the grid of a table counts for one person: {str(column id): a kind of summary}."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    kinds = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "table"], name="summary_choice_once")]
