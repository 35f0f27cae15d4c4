"""Answers that the API gives once more to whoever sends a request again."""

from django.db import models


class KeyedAnswer(models.Model):
    """The answer to a POST with an Idempotency-Key, stored in the transaction that did what was asked."""

    key = models.CharField(max_length=64, unique=True)  # a hash of who sends it and of the key
    fingerprint = models.CharField(max_length=64)  # of the request
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)  # sealed: it may hold what is shown once
    at = models.DateTimeField(auto_now_add=True, db_index=True)
