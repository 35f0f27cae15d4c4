"""How a line of the log looks: readable, or one JSON object (MARL_LOG_FORMAT=json)."""

import json
import logging.config
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any

log = logging.getLogger(__name__)

# What callers may add: log.info("stored", extra={"run": 12, "row": 7}). Others could hold anything, and stay out.
FIELDS = ("run", "runner", "table", "column", "row", "attempt", "status", "worker", "rows", "seconds")

_CREDENTIALS = re.compile(r"(\w://)[^\s/@\"']+@")
_QUERY = re.compile(r"(\w://[^\s?\"'<>]*)\?[^\s\"'<>]*")


def configure(settings: dict[str, Any]) -> None:
    """Configures logging as `logging.config.dictConfig` does, and logs the errors that end a process or a thread."""
    logging.config.dictConfig(settings)
    sys.excepthook = lambda *error: log.critical("an error ended the process", exc_info=error)
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value and not isinstance(ended.exc_value, SystemExit):
        log.critical("an error ended a thread", exc_info=ended.exc_value)


class Line(logging.Formatter):
    """2026-01-02 10:00:00,000 INFO enrichment.worker.step put back run=12 row=7"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is logging's
        fields = "".join(f" {name}={value}" for name, value in added_fields(record).items())
        return super().formatMessage(record) + fields

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class Json(logging.Formatter):
    """{"time": "2026-01-02T10:00:00.000Z", "level": "INFO", "logger": …, "message": …, "process": …, "run": 12}"""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            "process": record.process,
            **added_fields(record),
        }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def added_fields(record: logging.LogRecord) -> dict[str, object]:
    """Returns the fields that the caller added and that may be shown."""
    return {name: vars(record)[name] for name in FIELDS if vars(record).get(name) is not None}


def without_secrets(text: str) -> str:
    """Cuts from addresses what may hold a key or a password: their query, and a user with a password."""
    return _QUERY.sub(r"\1?…", _CREDENTIALS.sub(r"\1…@", text)) if "://" in text else text
