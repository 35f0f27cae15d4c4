"""The Celery application: a worker runs `celery -A config.celery worker`."""

import logging.config
import os
from typing import Any

import redis
from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from kombu.transport import redis as broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # which would load every page; a worker shows none

app = Celery("marl")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Channel(broker.Channel):
    """Raises ConnectionError where kombu's own raises AttributeError on a closed connection, which ends the worker."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("The connection to the broker is closed.")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # the stubs lack it


broker.Transport.Channel = Channel
# Redis refuses what it can't keep, such as on a full disk. With kombu alone, that ends the worker; so it connects again
# until it is taken, as when Redis is down.
broker.Transport.connection_errors = (*broker.Transport.connection_errors, redis.ResponseError)


@setup_logging.connect
def _log_as_everything_else(**_: object) -> None:
    """Keeps Celery from setting up its own handlers, which it does where nobody else answers this signal."""
    logging.config.dictConfig(settings.LOGGING)
