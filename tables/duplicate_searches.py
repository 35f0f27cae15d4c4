"""Searches for duplicates in large tables, done by a worker; what they find is stored in Redis for a while.

Like a view that somebody has opened, a search says how the rows were when it looked at them. It changes nothing, so one
whose worker is lost just begins again when somebody asks for it.
"""

import secrets
import time
from array import array
from itertools import pairwise
from typing import Any

from tables import dispatch, duplicates
from tables.alike_rows import Criteria
from tables.duplicates import KEEPS, LISTED, Found, Groups
from tables.long_work import Stopped
from tables.models import Table
from tables.redis import client
from workspaces.refusals import Refused

TASK = "tables.search_duplicates"
STORED_SECONDS = 3_600  # after somebody asked for it
LOST_AFTER = 120.0  # seconds without a sign of life
_ID = 8  # bytes
_PIECE = 100_000  # numbers sent at once
_FAULT = "Something went wrong on our side. The server's log says why."


def start(table: Table, how: Criteria) -> str:
    """Returns the token of a search for these rows: of the one that is under way, or of a new one."""
    same = _key(table.pk, f"of:{how.match}:{','.join(sorted(how.ids))}")
    token = secrets.token_urlsafe(12)
    if not client().set(same, token, nx=True, ex=STORED_SECONDS):
        under_way: Any = client().get(same)
        if under_way and _state(table.pk, under_way.decode()) == "running":
            client().hincrby(_key(table.pk, under_way.decode()), "askers", 1)
            return str(under_way.decode())
        client().set(same, token, ex=STORED_SECONDS)
    asked: dict[str, Any] = {"columns": ",".join(how.ids), "match": how.match, "askers": 1}
    _write(table.pk, token, state="running", rows_done=0, rows_total=table.row_count, seen_at=time.time(), **asked)
    dispatch.send(TASK, table.pk, token)
    return token


def progress(table_id: int, token: str) -> dict[str, Any]:
    """Returns {"search", "state", "rows_done", "rows_total", "error"}, and sends a lost search again.

    `state` is running, done, stopped or failed. Raises Refused, code search_gone.
    """
    stored = _stored(table_id, token)
    if stored["state"] == "running" and time.time() - float(stored["seen_at"]) > LOST_AFTER:
        _write(table_id, token, seen_at=time.time())
        dispatch.send(TASK, table_id, token)
    return {
        "search": token,
        "state": stored["state"],
        "rows_done": int(stored["rows_done"]),
        "rows_total": int(stored["rows_total"]),
        "error": stored.get("error"),
    }


def criteria(table: Table, token: str) -> Criteria:
    """Returns what a search compares. Raises Refused: code search_gone, or where one of its columns was deleted."""
    stored = _stored(table.pk, token)
    return Criteria.of(table, stored["columns"].split(","), stored["match"])


def window(table_id: int, token: str, offset: int, limit: int) -> Found:
    """Returns what a search that is done has found, with the groups at `limit` offsets from `offset` on.

    Raises Refused, code search_gone.
    """
    stored = _stored(table_id, token)
    bounds = _numbers(table_id, token, "ends", max(0, offset - 1), offset + limit)
    start, ends = (bounds[0], bounds[1:]) if offset and bounds else (0, bounds)
    rows_of = [
        _numbers(table_id, token, "rows", first, min(end, first + LISTED)) for first, end in pairwise([start, *ends])
    ]
    kept = _numbers(table_id, token, "kept", offset * len(KEEPS), (offset + limit) * len(KEEPS))
    return Found(int(stored["groups"]), int(stored["rows"]), duplicates.listed(start, ends, rows_of, kept))


def stop(table_id: int, token: str) -> None:
    """Stops a search, unless somebody else waits for the same one. Raises Refused, code search_gone."""
    if _stored(table_id, token)["state"] != "running":
        return
    others: Any = client().hincrby(_key(table_id, token), "askers", -1)
    if others <= 0:
        _write(table_id, token, state="stopped")


def run(table_id: int, token: str) -> None:
    """Searches, and stores what it finds; a search that was stopped ends at its next batch of rows."""

    def report(rows_done: int) -> None:
        if _state(table_id, token) != "running":
            raise Stopped
        _write(table_id, token, rows_done=rows_done, seen_at=time.time())

    try:
        report(0)
        table = Table.objects.filter(pk=table_id, ready=True).first()
        if table is None:
            raise Refused("The table was deleted.")
        groups = duplicates.look(table, criteria(table, token), report)
        report(table.row_count)
        _store(table_id, token, groups)
    except Stopped:
        return
    except Refused as refusal:
        _write(table_id, token, state="failed", error=str(refusal))
    except Exception:
        _write(table_id, token, state="failed", error=_FAULT)
        raise


def _store(table_id: int, token: str, groups: Groups) -> None:
    for name, numbers in (("rows", groups.row_ids), ("ends", groups.ends), ("kept", groups.kept)):
        key = _key(table_id, f"{token}:{name}")
        client().set(key, b"", ex=STORED_SECONDS)
        for first in range(0, len(numbers), _PIECE):
            client().append(key, numbers[first : first + _PIECE].tobytes())
    _write(table_id, token, state="done", groups=len(groups.ends), rows=len(groups.row_ids))


def _write(table_id: int, token: str, **fields: Any) -> None:
    pipeline = client().pipeline(transaction=False)
    stored: dict[Any, Any] = {**fields}
    pipeline.hset(_key(table_id, token), mapping=stored)
    pipeline.expire(_key(table_id, token), STORED_SECONDS)
    pipeline.execute()


def _stored(table_id: int, token: str) -> dict[str, str]:
    """Returns what is known of a search. Raises Refused, code search_gone."""
    pipeline = client().pipeline(transaction=False)
    pipeline.expire(_key(table_id, token), STORED_SECONDS)
    pipeline.hgetall(_key(table_id, token))
    _, fields = pipeline.execute()
    if b"state" not in fields:
        raise _gone()
    return {name.decode(): value.decode() for name, value in fields.items()}


def _state(table_id: int, token: str) -> str:
    value: Any = client().hget(_key(table_id, token), "state")
    return value.decode() if value else ""


def _numbers(table_id: int, token: str, name: str, start: int, end: int) -> array[int]:
    """Returns the numbers from `start` to `end` that a search found. Raises Refused, code search_gone."""
    key = _key(table_id, f"{token}:{name}")
    pipeline = client().pipeline(transaction=False)
    pipeline.expire(key, STORED_SECONDS)
    pipeline.getrange(key, start * _ID, end * _ID)
    exists, packed = pipeline.execute()
    if not exists:
        raise _gone()
    numbers = array("q")
    numbers.frombytes(packed[: (end - start) * _ID])  # an end before the start is that of all, for Redis
    return numbers


def _gone() -> Refused:
    """It was not asked for in an hour, or Redis lost it."""
    return Refused("This search has expired. Search again.", code="search_gone", status=410)


def _key(table_id: int, token: str) -> str:
    return f"marl:duplicates:{table_id}:{token}"
