"""Whom a table tells of the runs of its columns and sources, and when."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from enrichment.models import Notice, NoticeSettings
from tables.models import Table
from workspaces import audit
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed, seal

LAST = 20  # notices of a table that are kept
MOST_ADDRESSES = 10
WHEN = ("always", "failures")


def of_table(table_id: int) -> NoticeSettings:
    """Returns the settings of a table, which tells nobody unless somebody has set so."""
    return NoticeSettings.objects.filter(table_id=table_id).first() or NoticeSettings(table_id=table_id)


def webhook_of(found: NoticeSettings) -> str:
    """Returns the address of the webhook, or nothing. Raises CannotOpen."""
    address: str = open_sealed(found.sealed)["url"] if found.sealed else ""
    return address


def channels(found: NoticeSettings) -> list[str]:
    """Returns the channels that are set."""
    return [*(["webhook"] if found.sealed else []), *(["email"] if found.emails else [])]


def change(
    table: Table,
    *,
    webhook_url: str | None = None,
    emails: Sequence[str] | None = None,
    when: str | None = None,
    failed_percent: int | None = None,
) -> NoticeSettings:
    """Sets what is given; an empty address takes the webhook away. Raises Refused."""
    found = of_table(table.pk)
    if webhook_url is not None:
        found.sealed = seal({"url": _address(webhook_url)}) if webhook_url.strip() else ""
    if emails is not None:
        found.emails = _checked(emails)
    found.when = found.when if when is None else when
    if found.when not in WHEN:
        raise Refused(f"Notices are sent either of: {', '.join(WHEN)}.", field="when")
    found.failed_percent = found.failed_percent if failed_percent is None else failed_percent
    if not 0 <= found.failed_percent <= 99:
        raise Refused("Enter a percentage from 0 to 99.", field="failed_percent")
    with transaction.atomic():
        found.save()
        audit.note(table.workspace_id, "table.notices_changed", table.name, table.pk)
    return found


def _address(text: str) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        words = "Enter the webhook's whole address, such as https://hooks.slack.com/services/…"
        raise Refused(words, field="webhook_url")
    return text


def _checked(emails: Sequence[str]) -> list[str]:
    given = list(dict.fromkeys(email.strip() for email in emails if email.strip()))
    if len(given) > MOST_ADDRESSES:
        raise Refused(f"Enter at most {MOST_ADDRESSES} e-mail addresses.", field="emails")
    if given and not settings.CAN_EMAIL:
        words = "This server can't send e-mail. Whoever runs it can set MARL_SMTP_URL and MARL_EMAIL_FROM."
        raise Refused(words, field="emails")
    for email in given:
        try:
            validate_email(email)
        except ValidationError:
            raise Refused(f"“{email[:100]}” isn't an e-mail address.", field="emails") from None
    return given


def shown(found: NoticeSettings) -> dict[str, Any]:
    """Returns the settings as the API gives them, with no more of the webhook's address than its host."""
    try:
        host = urlsplit(webhook_of(found)).hostname
        problem = ""
    except CannotOpen:
        host, problem = None, "No encryption key opens the webhook's address. Enter it again."
    last = Notice.objects.filter(table_id=found.table_id)[:LAST]
    return {
        "webhook_host": host,
        "emails": found.emails,
        "when": found.when,
        "failed_percent": found.failed_percent,
        "can_email": settings.CAN_EMAIL,
        "problem": problem,
        "last": [_notice(notice) for notice in last],
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "run_id": notice.run_id,
        "column": notice.name if notice.kind == "column" else None,
        "source_id": notice.source_id,
        "source": notice.name if notice.kind == "source" else None,
        "text": notice.text,
        "channel": notice.channel,
        "state": _state(notice),
        "sent_at": notice.sent_at,
        "due_at": notice.due_at,
        "error": notice.error,
    }


def _state(notice: Notice) -> str:
    if notice.sent_at:
        return "sent"
    if notice.maybe_sent:
        return "maybe_sent"
    return "waiting" if notice.due_at else "given_up"
