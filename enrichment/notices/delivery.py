"""Sends notices of runs. What is to be told is stored with the end of the run, and tried until it has arrived."""

import json
import logging
import re
import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from enrichment.connections.redaction import Redactor
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request
from enrichment.http_client import client, event_loop
from enrichment.models import Notice, NoticeSettings, Run
from enrichment.notices import settings as notice_settings
from tables import dispatch, outbox
from workspaces.sealing import CannotOpen

log = logging.getLogger(__name__)

DELIVER = "enrichment.deliver_notice"
TIMEOUT_MS = 10_000


class Undelivered(Exception):
    """Says why, in words for the person who set the channel."""


def run_ended(run: Run) -> None:
    """Notes whom to tell of a run, in the transaction in which it ends. Nobody is told of what they did themselves."""
    stopped_by_hand = run.state == Run.State.STOPPED and not run.stop_reason
    if run.automatic or stopped_by_hand:
        return
    found = notice_settings.of_table(run.table_id)
    if found.when == "failures" and not _failed(run, found):
        return
    for channel in notice_settings.channels(found):
        notice = Notice.objects.create(table_id=run.table_id, run=run, channel=channel, due_at=timezone.now())
        dispatch.send(DELIVER, notice.pk)


def _failed(run: Run, found: NoticeSettings) -> bool:
    ended = run.done + run.no_data + run.failed + run.unknown
    return run.state == Run.State.STOPPED or (run.failed + run.unknown) * 100 > found.failed_percent * ended


def deliver(notice_id: int) -> None:
    """Sends a notice that is due."""
    notice = Notice.objects.select_related("run__column__table").filter(pk=notice_id).first()
    if notice is None or not outbox.take(notice):
        return
    try:
        send(notice_settings.of_table(notice.table_id), notice.channel, words(notice.run))
    except Undelivered as error:
        log.warning("notice of run %s by %s: %s", notice.run_id, notice.channel, error)
        outbox.keep(notice, error=str(error))
    except Exception:
        outbox.keep(notice, error="Something went wrong on our side. The server's log says why.")
        raise
    else:
        outbox.settle(notice, error="", sent_at=timezone.now())


def send(found: NoticeSettings, channel: str, text: str) -> None:
    """Sends a text by a channel of a table. Raises Undelivered."""
    if channel not in notice_settings.channels(found):
        raise Undelivered("Nobody is to be told by this way any more.")
    if channel == "webhook":
        _post(found, text)
    else:
        _mail(found, text)


def _post(found: NoticeSettings, text: str) -> None:
    try:
        address = notice_settings.webhook_of(found)
    except CannotOpen:
        raise Undelivered("No encryption key opens the webhook's address. Enter it again.") from None
    hidden = _redactor(address).answer
    body = json.dumps({"text": _escaped(text)}, ensure_ascii=False).encode()
    request = Request("POST", address, (("Content-Type", "application/json; charset=utf-8"),), body)
    sending = client.send(event_loop.transport(), request, timeout_ms=TIMEOUT_MS, follow="never")
    try:
        response = event_loop.run(sending)
    except SendError as error:
        words = "The webhook's address isn't one that can be called." if error.code == "url" else hidden(error.message)
        raise Undelivered(words) from None
    if not 200 <= response.status < 300:
        told = hidden(response.text[:2_000])[:200].strip()  # many tell the path that they were asked for
        raise Undelivered(f"The webhook answered {response.status}: {told}".rstrip(": "))


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
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"The e-mail could not be sent: {error}") from error


def words(run: Run) -> str:
    """Returns what is told of a run: what ended and how, and where to see it."""
    column, table = " ".join(run.column.name.split()), " ".join(run.column.table.name.split())
    how = "was stopped" if run.state == Run.State.STOPPED else "has ended"
    counts: list[tuple[int, str]] = [
        (run.done, "done"),
        (run.no_data, "no data"),
        (run.failed, "failed"),
        (run.unknown, "may have been sent"),
        (run.skipped, "skipped"),
        (run.missing_input, "missing input"),
        (run.cancelled, "not run"),
    ]
    told = ", ".join(f"{number:,} {state}" for number, state in counts if number) or "no rows"
    reason = f"\n{run.stop_reason}" if run.stop_reason else ""
    return f"“{column}” in {table} {how}: {told}.{reason}\n{settings.PUBLIC_URL}/tables/{run.table_id}"


def prune() -> None:
    """Forgets all but the last notices of each table."""
    tables: Any = Notice.objects.order_by().values_list("table_id", flat=True).distinct()
    for table_id in tables:
        kept = list(Notice.objects.filter(table_id=table_id).values_list("pk", flat=True)[: notice_settings.LAST])
        Notice.objects.filter(table_id=table_id, due_at=None).exclude(pk__in=kept).delete()
