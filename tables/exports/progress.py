"""How far a download has come, so that the page which started it can tell; stored in Redis for an hour."""

import json
import logging
from collections.abc import Generator
from typing import Any

import redis

from tables.exports.export import Export
from tables.redis import client

log = logging.getLogger(__name__)

STORED_SECONDS = 3_600


def followed(export: Export, table_id: int, name: str) -> Generator[bytes]:
    """Yields the file, and stores under a name how far it has come and how it ended.

    Pieces leave no faster than they are received, so this is about what the receiver has, too.
    """
    state = "stopped"  # the receiver has gone
    try:
        for piece in export.pieces():
            _store(export, table_id, name, "running")
            yield piece
        state = "done"
    except Exception:
        state = "failed"
        raise
    finally:
        _store(export, table_id, name, state)


def of(table_id: int, name: str) -> dict[str, Any] | None:
    """Returns {"state", "rows_done", "rows_total", "not_whole"}, None for a download that nobody has started."""
    stored: Any = client().get(_key(table_id, name))
    return json.loads(stored) if stored else None


def _store(export: Export, table_id: int, name: str, state: str) -> None:
    progress = {
        "state": state,
        "rows_done": export.rows_done,
        "rows_total": export.rows_total,
        "not_whole": export.not_whole,
    }
    try:
        client().set(_key(table_id, name), json.dumps(progress), ex=STORED_SECONDS)
    except redis.RedisError as error:  # the file itself does not need Redis
        log.warning("The progress of an export could not be stored: %s", error)


def _key(table_id: int, name: str) -> str:
    return f"marl:export:{table_id}:{name}"
