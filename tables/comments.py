"""What people say about a row: plain text, oldest first. It goes into the trash and comes back with its row.

Whoever sees a table may comment on its rows: a comment changes none of its values.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from tables import events, mentions, storage
from tables.models import Comment, Row
from tables.storable import storable
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused

LONGEST = 5_000  # characters
MOST = 500  # of a row: as many as one answer of the API has
RESTORABLE = timedelta(days=1)  # after it was deleted


def of_row(row: Row) -> QuerySet[Comment]:
    """Returns the comments on a row, the oldest first."""
    return Comment.objects.filter(row_id=row.pk, table=row.table_id).prefetch_related("mentions")


def counts(row_ids: Sequence[int]) -> dict[int, int]:
    """Returns how many comments there are by row, without rows that have none."""
    found = Comment.objects.filter(row_id__in=row_ids).order_by().values_list("row_id")
    return dict(found.annotate(number=Count("pk")))


def create(who: Actor, row: Row, text: str) -> Comment:
    """Stores what somebody says about a row, and tells those whom they name. Raises Refused."""
    text = _checked(text)
    with transaction.atomic():
        storage.lock_table(row.table_id)
        _check_room(row.pk)
        comment = Comment.objects.create(
            table_id=row.table_id, row_id=row.pk, author=who.user, who=audit.acting(), text=text
        )
        _announce(comment, mentions.note(comment, who.workspace))
    return comment


def change(who: Actor, comment: Comment, text: str) -> None:
    """Says something else in the same place. Raises Refused where it is somebody else's."""
    if not _is_own(who, comment):
        raise Refused("Only who wrote a comment changes it.", code="forbidden")
    text = _checked(text)
    with transaction.atomic():
        comment.text, comment.edited_at = text, timezone.now()
        comment.save(update_fields=["text", "edited_at"])
        _announce(comment, mentions.note(comment, who.workspace))


def delete(who: Actor, comment: Comment) -> None:
    """Deletes a comment, which can be restored for a day. Raises Refused where that is up to others."""
    _mark(who, comment, timezone.now(), "comment.deleted")


def restore(who: Actor, comment: Comment) -> None:
    """Brings back a comment that was deleted, with its mentions. Raises Refused where that is up to others."""
    with transaction.atomic():
        storage.lock_table(comment.table_id)
        _check_room(comment.row_id)
        _mark(who, comment, None, "comment.restored")


def prune() -> None:
    """Deletes for good what can't be restored any more."""
    Comment.with_deleted.filter(deleted_at__lte=timezone.now() - RESTORABLE).delete()


def forget_rows(row_ids: Sequence[int]) -> None:
    """Deletes the comments on rows that are purged."""
    Comment.with_deleted.filter(row_id__in=row_ids).delete()


def may_delete(who: Actor, comment: Comment) -> bool:
    """Says whether the comment is theirs, or the workspace is."""
    return _is_own(who, comment) or who.role == Role.OWNER


def as_json(who: Actor, comment: Comment) -> dict[str, Any]:
    """Returns the comment of the API, with what the caller may do with it."""
    return {
        "id": comment.pk,
        "table_id": comment.table_id,
        "row_id": comment.row_id,
        "author_id": comment.author_id,
        "who": comment.who,
        "text": comment.text,
        "mentions": [{"user_id": one.user_id, "written": one.written} for one in comment.mentions.all()],
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "can_change": _is_own(who, comment),
        "can_delete": may_delete(who, comment),
    }


def _mark(who: Actor, comment: Comment, deleted_at: datetime | None, action: str) -> None:
    if not may_delete(who, comment):
        raise Refused(
            "Only who wrote a comment deletes or restores it, or an owner of the workspace.", code="forbidden"
        )
    with transaction.atomic():
        comment.deleted_at = deleted_at
        comment.save(update_fields=["deleted_at"])
        name = comment.table.name
        audit.note(who.workspace, action, name, comment.table_id, row=comment.row_id, of=comment.who)
        _announce(comment, set(comment.mentions.values_list("user_id", flat=True)))


def _check_room(row_id: int) -> None:
    if Comment.objects.filter(row_id=row_id).count() >= MOST:
        raise Refused(f"A row has at most {MOST} comments. Delete one first.", code="conflict")


def _is_own(who: Actor, comment: Comment) -> bool:
    return who.user is not None and comment.author_id == who.user.pk


def _checked(text: str) -> str:
    tidy = "\n".join(text.splitlines()).strip()
    if not tidy:
        raise Refused("Write something.", field="text")
    if len(tidy) > LONGEST:
        raise Refused(f"A comment has at most {LONGEST:,} characters, and this one has {len(tidy):,}.", field="text")
    if storable(tidy) != tidy:
        raise Refused("A comment can't hold the character U+0000, nor half of a surrogate pair.", field="text")
    return tidy


def _announce(comment: Comment, named: Iterable[int]) -> None:
    """Tells those who look at the table, once it is stored, and which users have other mentions now."""
    transaction.on_commit(partial(events.publish_comments, comment.table_id, comment.row_id, named))
