"""What people say about rows, and whom they name in it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tables.models.messages import Message
from tables.models.tables import Table
from workspaces.models import User


class LiveComments(models.Manager["Comment"]):
    def get_queryset(self) -> models.QuerySet["Comment"]:
        return super().get_queryset().filter(deleted_at=None)


class Comment(models.Model):
    """What somebody said about a row; it stays with the id of the row while that one is in the trash."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="comments")
    row_id = models.BigIntegerField()
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=260)  # as the audit log names them
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[LiveComments] = LiveComments()
    with_deleted: ClassVar[models.Manager["Comment"]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        base_manager_name = "with_deleted"
        indexes = [models.Index(fields=["row_id"], name="comment_of_row")]

    def __str__(self) -> str:
        return f"{self.who}: {self.text[:80]}"


class Mention(Message):
    """A member whom a comment names, whether they have seen it, and the e-mail that tells them."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    written = models.CharField(max_length=260)  # how the text names them, without the @
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="mention_of_user"),
            models.Index(fields=["due_at"], name="mention_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"@{self.written}"
