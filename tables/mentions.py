"""Members whom comments name with an @: told of it in the app, and by e-mail where the server can send one.

The text alone says who is meant: @ and a member's name or e-mail address, whatever their case. What is to be mailed
stands in the outbox until it is sent.
"""

import logging
import re
import smtplib
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from tables import access, dispatch, outbox
from tables.models import Comment, Mention, Row
from workspaces import smtp
from workspaces.actors import Actor
from workspaces.models import User, Workspace

log = logging.getLogger(__name__)

TASK = "tables.mail_mention"
_SHOWN = 500  # characters of a comment that are mailed


def named(text: str, members: Iterable[User]) -> dict[int, str]:
    """Returns whom a text names, as {user id: how}. A name that several members share names none of them."""
    by_name: dict[str, list[int]] = {}
    for user in members:
        for name in {user.email.lower(), " ".join(user.name.split()).lower()} - {""}:
            by_name.setdefault(name, []).append(user.pk)
    if not by_name:
        return {}
    # The longest first, so that “@Sam Smith” is not Sam; an @ inside of an address begins no name.
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    found = re.finditer(rf"(?<![\w.+-])@({names})(?![\w@]|[.-]\w)", text, re.IGNORECASE)
    meant = ((by_name[one[1].lower()], one[1]) for one in found if one[1].lower() in by_name)
    return {user_ids[0]: written for user_ids, written in meant if len(user_ids) == 1}


def note(comment: Comment, workspace: Workspace) -> set[int]:
    """Notes whom a comment names now, of those who find its table; returns the ids of those for whom it is new.

    Those whom it named before are not told again, nor is its author.
    """
    finders = set(access.people(comment.table).values_list("user_id", flat=True)) - {comment.author_id}
    everybody = named(comment.text, workspace.members.filter(is_active=True))
    meant = {user_id: written for user_id, written in everybody.items() if user_id in finders}
    there = set(comment.mentions.values_list("user_id", flat=True))
    comment.mentions.exclude(user__in=meant).delete()
    for user_id, written in meant.items():
        if user_id in there:
            continue
        due_at = timezone.now() if settings.CAN_EMAIL else None
        mention = Mention.objects.create(comment=comment, user_id=user_id, written=written, due_at=due_at)
        if due_at:
            dispatch.send(TASK, mention.pk)
    return there.symmetric_difference(meant)


def of_user(who: Actor) -> QuerySet[Mention]:
    """Returns where somebody is named in a workspace, the newest first, in rows that are there.

    A token whose maker is gone is named nowhere.
    """
    if who.user is None:
        return Mention.objects.none()
    live = Row.objects.filter(pk=OuterRef("comment__row_id"))
    found = who.user.mentions.filter(Exists(live), comment__table__in=access.live(who), comment__deleted_at=None)
    return found.select_related("comment__table").order_by("-pk")


def unread(who: Actor) -> QuerySet[Mention]:
    """Returns those that somebody has not seen."""
    return of_user(who).filter(read_at=None)


def read(found: QuerySet[Mention]) -> int:
    """Notes that mentions have been seen, and returns how many had not been."""
    ids = list(found.filter(read_at=None).values_list("pk", flat=True))
    return Mention.objects.filter(pk__in=ids).update(read_at=timezone.now())


def as_json(mention: Mention) -> dict[str, Any]:
    """Returns the mention of the API."""
    comment = mention.comment
    return {
        "id": mention.pk,
        "comment_id": comment.pk,
        "table_id": comment.table_id,
        "table": comment.table.name,
        "row_id": comment.row_id,
        "who": comment.who,
        "text": comment.text,
        "at": comment.created_at,
        "read_at": mention.read_at,
    }


def mail(mention_id: int) -> None:
    """Sends an e-mail that is due."""
    mention = Mention.objects.select_related("comment__table", "user").filter(pk=mention_id).first()
    if mention is None or not outbox.take(mention):
        return
    try:
        if _is_wanted(mention):
            EmailMessage(*_letter(mention), settings.EMAIL_FROM, [mention.user.email]).send()
    except smtp.MaybeTaken as error:
        log.warning("the e-mail of mention %s may have been sent: %s", mention_id, error)
        outbox.settle(mention)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("the e-mail of mention %s could not be sent: %s", mention_id, error)
        outbox.keep(mention)
    else:
        outbox.settle(mention)


def _is_wanted(mention: Mention) -> bool:
    """Says whether the comment is still there and they find its table, and have not read it meanwhile."""
    is_new = mention.read_at is None and mention.comment.deleted_at is None
    return is_new and access.people(mention.comment.table).filter(user=mention.user_id).exists()


def _letter(mention: Mention) -> tuple[str, str]:
    comment = mention.comment
    who, table = " ".join(comment.who.split()), " ".join(comment.table.name.split())
    shown = comment.text if len(comment.text) <= _SHOWN else f"{comment.text[:_SHOWN]}…"
    link = settings.PUBLIC_URL + reverse("mention", args=[mention.pk])
    return f"Marl: {who} mentions you in {table}"[:200], f"{who} wrote on a row of {table}:\n\n{shown}\n\n{link}\n"
