"""Hands work to the workers. The broker carries ids alone and may lose them: the sweep finds what it lost."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def send(task: str, *arguments: object, delay: float = 0) -> None:
    """After the open transaction commits, `delay` seconds from then."""

    def hand_over() -> None:
        try:
            current_app.send_task(task, arguments, countdown=delay or None)
        except OperationalError as error:
            log.warning("%s%s waits for the sweep, the broker is down: %s", task, arguments, error)

    transaction.on_commit(hand_over)
