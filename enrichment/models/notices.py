"""Whom a table tells that a run has ended."""

from django.db import models

from enrichment.models.runs import Run
from tables.models import Message, Table


class NoticeSettings(models.Model):
    """Whom a table tells when a run has ended."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="notices")
    sealed = models.TextField(blank=True)  # the address of a webhook, which is a secret, encrypted
    emails = models.JSONField(default=list)
    when = models.CharField(max_length=10, default="always")  # or "failures"
    failed_percent = models.PositiveSmallIntegerField(default=10)  # of the rows, above which a run counts as failed


class Notice(Message):
    """One message about a run to one channel: what is still to be told, and what became of the last ones."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)  # webhook or email
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)  # of the last try

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=models.Q(due_at__isnull=False))]
