"""Requests of more than one step or more than one row, and the attempts that all of them made."""

from django.db import models

from enrichment.models.runs import Run
from tables.models import Column, Table


class RequestBatch(models.Model):
    """Rows that go to an API in one request, recorded before they do: whatever follows is about the same rows."""

    key = models.CharField(max_length=32, primary_key=True)
    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    run_id = models.BigIntegerField(db_index=True)
    claim_id = models.BigIntegerField()  # that the rows were in last
    rows = models.JSONField()  # [[row id, text that it is matched by]] in the order of the request
    sealed = models.TextField(blank=True)  # how far its exchange is, encrypted


class OpenExchange(models.Model):
    """What an API has accepted and not answered in full. It goes on where it stands, and never begins again."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    row_id = models.BigIntegerField(db_index=True)
    run_id = models.BigIntegerField()
    batch = models.ForeignKey(RequestBatch, on_delete=models.CASCADE, null=True)  # that it is the exchange of
    sealed = models.TextField()  # how far it is, encrypted: answers may hold what lets others in; of a batch: ""
    fingerprint = models.CharField(max_length=32, blank=True)  # of the inputs that it began with
    asked_with = models.JSONField(null=True)  # what stands for the settings that it began with; null: nobody knows

    @property
    def all_sealed(self) -> str:
        """How far it is, alone or as one of a batch."""
        return self.batch.sealed if self.batch else self.sealed

    class Meta:
        constraints = [models.UniqueConstraint(fields=["column", "row_id"], name="open_exchange_once")]


class CallbackAddress(models.Model):
    """An address at which an API may post the result of a row, and what it has posted there."""

    class State(models.TextChoices):
        OPEN = "open"  # nobody has called
        CALLED = "called"  # what was posted is to be read
        KEPT = "kept"  # it is read when somebody asks again
        READ = "read"

    digest = models.CharField(max_length=64, unique=True)  # of the secret in the address, which is kept nowhere
    column = models.ForeignKey(Column, on_delete=models.CASCADE, null=True, db_index=False)  # null: not saved yet
    row_id = models.BigIntegerField()
    run_id = models.BigIntegerField(default=0)  # 0: of a test
    fingerprint = models.CharField(max_length=32, blank=True)  # of the inputs that the row was sent with
    asked_with = models.JSONField(null=True)  # as of an open exchange
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    headers = models.JSONField(null=True)  # [[name, text]] of what was posted
    body = models.BinaryField(null=True)
    called_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["row_id", "column"], name="callbacks_of_cell"),
            models.Index(fields=["called_at"], name="callbacks_to_read", condition=models.Q(state="called")),
        ]


class BatchAttempt(models.Model):
    """One exchange for many rows as it was, with secrets redacted. Each of them has an attempt of its own."""

    key = models.CharField(max_length=32, primary_key=True)
    column = models.ForeignKey(Column, on_delete=models.CASCADE)
    row_ids = models.JSONField()  # in the order of the request
    request = models.JSONField(null=True)
    response = models.JSONField(null=True)


class Attempt(models.Model):
    """One exchange as it was, with secrets redacted."""

    row_id = models.BigIntegerField()
    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, db_index=False)
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True)
    request = models.JSONField(null=True)  # method, url, headers, body, hops
    response = models.JSONField(null=True)  # status, headers, body, truncated
    error = models.JSONField(null=True)  # code, message
    batch = models.ForeignKey(  # that has the request and the response
        BatchAttempt, on_delete=models.SET_NULL, null=True, db_index=False, related_name="attempts"
    )
    deleted_before = models.PositiveIntegerField(null=True)  # how many of its cell were here, and are deleted

    class Meta:
        indexes = [
            models.Index(fields=["row_id", "column"], name="attempts_of_cell"),
            models.Index(fields=["batch"], name="attempts_of_batch", condition=models.Q(batch__isnull=False)),
        ]


class AttemptSweep(models.Model):
    """How far a worker is with deleting the attempts that the limits of a table leave no room for."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="+")
    cursor = models.BigIntegerField(default=0)  # rows up to this id are done
    ended_at = models.DateTimeField(null=True)  # null: there is more to do
