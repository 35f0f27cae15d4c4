"""Sends notices of runs. What is to be told is stored with the end of the run, and tried until it has arrived.

A notice that may have arrived isn't sent again; the last notices of the table say so.
"""

import json
import logging
import re
import smtplib
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from enrichment.connections.redaction import Redactor
from enrichment.engine.answer.wait import asked_wait
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import client, event_loop
from enrichment.models import Notice, NoticeSettings
from enrichment.notices import settings as notice_settings
from tables import outbox
from workspaces import smtp
from workspaces.sealing import CannotOpen

log = logging.getLogger(__name__)

TIMEOUT_MS = 30_000  # in which even a workflow that answers at its end mostly does
_STOPPED = "Marl stopped while it was being sent."


class Undelivered(Exception):
    """Says why, in words for the person who set the channel."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait  # seconds that the receiver asks for


class MaybeDelivered(Undelivered):
    """It was sent, and nobody knows whether it arrived."""


class DeliveredToSome(Undelivered):
    """Says to whom it was not."""


def deliver(notice_id: int) -> None:
    """Sends a notice that is due."""
    notice = Notice.objects.filter(pk=notice_id).first()
    if notice is None:
        return
    was_being_sent = notice.tries > 0 and not notice.error  # by a worker that has noted nothing of it
    if not outbox.take(notice, error=""):
        return
    if was_being_sent:
        outbox.settle(notice, error=_STOPPED, maybe_sent=True)
        return
    try:
        send(notice_settings.of_table(notice.table_id), notice.channel, notice.text, _key(notice))
    except Undelivered as error:
        log.warning("notice %s of table %s by %s: %s", notice.pk, notice.table_id, notice.channel, error)
        _note(notice, error)
    except Exception:
        outbox.keep(notice, error="Something went wrong on our side. The server's log says why.")
        raise
    else:
        outbox.settle(notice, error="", maybe_sent=False, sent_at=timezone.now())


def _note(notice: Notice, error: Undelivered) -> None:
    match error:
        case MaybeDelivered():
            outbox.settle(notice, error=str(error), maybe_sent=True)
        case DeliveredToSome():
            outbox.settle(notice, error=str(error), maybe_sent=False, sent_at=timezone.now())
        case _:
            outbox.keep(notice, error.wait, error=str(error))


def _key(notice: Notice) -> str:
    """Returns the same text with every try, by which a receiver knows the notice again."""
    return str(uuid5(NAMESPACE_URL, f"{settings.PUBLIC_URL}/notices/{notice.pk}"))


def send(found: NoticeSettings, channel: str, text: str, key: str = "") -> None:
    """Sends a text by a channel of a table. Raises Undelivered."""
    if channel not in notice_settings.channels(found):
        raise Undelivered("Nobody is to be told by this way any more.")
    if channel == "webhook":
        _post(found, text, key or str(uuid4()))
    else:
        _mail(found, text)


def _post(found: NoticeSettings, text: str, key: str) -> None:
    try:
        address = notice_settings.webhook_of(found)
    except CannotOpen:
        raise Undelivered("No encryption key opens the webhook's address. Enter it again.") from None
    hidden = _redactor(address).answer
    body = json.dumps({"text": _escaped(text)}, ensure_ascii=False).encode()
    headers = (("Content-Type", "application/json; charset=utf-8"), ("Idempotency-Key", key))
    sending = client.send(
        event_loop.transport(), Request("POST", address, headers, body), timeout_ms=TIMEOUT_MS, follow="never"
    )
    try:
        response = event_loop.run(sending)
    except SendError as error:
        words = "The webhook's address isn't one that can be called." if error.code == "url" else hidden(error.message)
        raise (MaybeDelivered if error.sent else Undelivered)(words) from None
    if not 200 <= response.status < 300:
        raise Undelivered(_refusal(response, hidden), asked_wait(response, timezone.now()) or 0.0)


def _refusal(response: Response, hidden: Callable[[str], str]) -> str:
    """Returns what a webhook said instead of taking the notice; many tell the path that they were asked for."""
    said = f"The webhook answered {response.status}"
    if 300 <= response.status < 400 and (where := response.header("location")):
        host = urlsplit(urljoin(response.url, where)).hostname
        return f"{said}: it has moved{f' to {host}' if host else ''}. Enter its new address."
    return f"{said}: {hidden(response.text[:2_000])[:200].strip()}".rstrip(": ")


def _redactor(address: str) -> Redactor:
    """Returns what hides the address and its parts: whoever knows them can write to the channel."""
    parts = urlsplit(address)
    way = f"{parts.path}?{parts.query}" if parts.query else parts.path
    pieces = {address, way, parts.path, parts.password or "", *re.split("[/?&=]", way)} - {""}
    return Redactor({str(number): piece for number, piece in enumerate(sorted(pieces))})


def _escaped(text: str) -> str:
    """Returns the text for Slack and those who follow it, where a name of a column can't be a link or call people."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mail(found: NoticeSettings, text: str) -> None:
    subject = text.split("\n")[0]
    try:
        EmailMessage(f"Marl: {subject}"[:200], text, settings.EMAIL_FROM, found.emails).send()
    except smtp.TakenForSome as error:
        raise DeliveredToSome(str(error)) from error
    except smtp.MaybeTaken as error:
        raise MaybeDelivered(str(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"The e-mail could not be sent. {smtp.said(error)}") from error


def prune() -> None:
    """Forgets all but the last notices of each table."""
    tables: Any = Notice.objects.order_by().values_list("table_id", flat=True).distinct()
    for table_id in tables:
        kept = list(Notice.objects.filter(table_id=table_id).values_list("pk", flat=True)[: notice_settings.LAST])
        Notice.objects.filter(table_id=table_id, due_at=None).exclude(pk__in=kept).delete()
