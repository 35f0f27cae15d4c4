"""What people are told, for as long as it has to arrive."""

from django.db import models


class Message(models.Model):
    """One message to one place: `tables.outbox` tries it until it has arrived."""

    due_at = models.DateTimeField(null=True)  # when it is to be sent; None: it was, or given up, or not wanted
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
