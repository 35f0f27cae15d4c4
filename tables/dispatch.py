"""Sends tasks to the workers.

A task carries ids alone, and what it is to do stands in the database: the broker may be down or lose it, and a sweep
sends it again.
"""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from tables import queues
from tables.redis import client

log = logging.getLogger(__name__)


def send(task: str, *arguments: object, delay: float = 0, queue: str = queues.FIRST) -> None:
    """Sends the task after the open transaction commits, to be run `delay` seconds from then."""

    def send_now() -> None:
        try:
            current_app.send_task(task, arguments, countdown=delay or None, queue=queue)
        except OperationalError as error:
            log.warning("%s%s waits for the sweep because the broker is down: %s", task, arguments, error)

    transaction.on_commit(send_now)


def waiting(queue: str) -> int:
    """Returns how many tasks wait in this queue; 0 when the broker is down."""
    try:
        return int(client().llen(queue))
    except RedisError:
        return 0
