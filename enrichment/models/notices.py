"""Whom a table tells that a run of a column or a source has ended."""

from django.db import models

from enrichment.models.runs import Run
from enrichment.models.sources import Source
from tables.models import Message, Table


class NoticeSettings(models.Model):
    """Whom a table tells when a run has ended."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="notices")
    sealed = models.TextField(blank=True)  # the address of a webhook, which is a secret, encrypted
    emails = models.JSONField(default=list)
    when = models.CharField(max_length=10, default="always")  # or "failures"
    failed_percent = models.PositiveSmallIntegerField(default=10)  # of the rows, above which a run counts as failed


class Notice(Message):
    """What is to be told by one channel of a column or a source that ran, or could not, and what became of it."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, related_name="+")  # of a column
    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=10, default="column", db_default="column")  # or "source"
    name = models.CharField(max_length=200, blank=True, db_default="")  # of the column or the source
    text = models.TextField(blank=True, db_default="")  # that is told
    channel = models.CharField(max_length=10)  # webhook or email
    sent_at = models.DateTimeField(null=True)
    maybe_sent = models.BooleanField(default=False, db_default=False)  # and so it isn't sent again
    error = models.TextField(blank=True)  # of the last try

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=models.Q(due_at__isnull=False))]
