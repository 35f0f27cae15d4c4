"""What brings rows into a table: its webhook and the lists of APIs."""

from django.db import models

from enrichment.leases import Lease
from enrichment.models.connections import Connection
from tables.models import Import, Table
from workspaces.models import User


class Hook(models.Model):
    """The secret address of a table, to which other programs send rows."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="hook")
    digest = models.CharField(max_length=64, unique=True)  # of the secret, to find it by
    sealed = models.TextField()  # the secret, encrypted, to show it again
    created_at = models.DateTimeField(auto_now=True)
    enabled = models.BooleanField(default=True)
    # What an address that says nothing about it does with rows that match, and with values without a column.
    key = models.JSONField(default=list)  # ids of columns
    on_match = models.CharField(max_length=10, default="add")
    unknown = models.CharField(max_length=10, default="refuse")


class HookPost(models.Model):
    """What became of one post to a webhook; the last ones are kept."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="posts")
    at = models.DateTimeField(auto_now_add=True)
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    row_id = models.BigIntegerField(null=True)  # the first row that it added or matched
    error = models.TextField(blank=True)
    body = models.TextField(blank=True)  # the beginning of what was rejected


class Source(models.Model):
    """An API whose list fills a table: its request, where the fields of an item go, and when it is fetched."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=200)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="sources")
    config = models.JSONField()  # of the request, as in the API
    columns = models.JSONField(default=list)  # [{"path", "column": id}]
    key = models.JSONField(default=list)  # ids of the columns by which rows match
    on_match = models.CharField(max_length=10, default="add")
    keep_blank = models.BooleanField(default=True)
    schedule = models.JSONField(null=True)  # as in the API
    due_at = models.DateTimeField(null=True, db_index=True)
    ran_at = models.DateTimeField(null=True)  # by the clock
    refusal = models.TextField(blank=True)  # why it did not run the last time that it was due
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class SourceRun(Lease):
    """One time that a source was fetched: an import, and how far the exchange with its API is until then."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    import_job = models.OneToOneField(Import, on_delete=models.CASCADE, related_name="+")
    scheduled = models.BooleanField(default=False)
    token = models.CharField(max_length=32, blank=True)  # of the worker that is at it
    intended = models.BooleanField(default=False)  # a request that must not be sent twice may be under way
    due_at = models.DateTimeField(null=True)  # not to go on before
    kept = models.TextField(blank=True)  # how far the exchange is, encrypted
    pages = models.PositiveIntegerField(default=0)  # that came so far
    failure = models.JSONField(null=True)  # the last request of a run that failed, and its answer

    class Meta:
        ordering = ["-id"]
