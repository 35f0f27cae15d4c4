"""Views as they were when somebody opened them: the ids of their rows in order, kept in Redis for a while.

Filtering and sorting costs once. Windows are slices then, and rows keep their places while somebody scrolls and edits.
"""

import secrets
from array import array
from collections.abc import Collection, Iterable, Sequence
from itertools import batched
from typing import Any

from tables.models import Row, Table
from tables.redis import client
from tables.row_queries import View
from workspaces.refusals import Refused

KEPT = 3600  # seconds after the last window was read
_ID = 8  # bytes
_BATCH = 50_000  # ids written at once
_ASKED = 10_000  # ids in one query; SQLite bounds its parameters


def open_view(table: Table, view: View, replaces: str = "") -> tuple[str, int]:
    """(token, number of rows). The view that it replaces is forgotten."""
    token = secrets.token_urlsafe(12)
    total = _write(_key(table.pk, token), view.row_ids(table))
    if replaces:
        client().delete(_key(table.pk, replaces))
    return token, total


def window(table: Table, token: str, offset: int, limit: int) -> tuple[list[Row | int], int]:
    """The rows and how many the view has; of a row deleted since, only its id. Raises Refused, code view_gone."""
    ids, total = _slice(table.pk, token, offset, limit)
    found = Row.objects.filter(table=table).in_bulk(ids)
    return [found.get(pk, pk) for pk in ids], total


def row_ids(table_id: int, token: str, most: int) -> list[int]:
    """All of them, in order. Raises Refused, also when they are more than `most`."""
    ids, total = _slice(table_id, token, 0, most)
    if total > most:
        raise Refused(f"This view has {total:,} rows. Narrow it to at most {most:,}.", field="view")
    return ids


def all_row_ids(table_id: int, token: str) -> Sequence[int]:
    """All of them, in order, however many. Raises Refused, code view_gone."""
    kept: Any = client().getex(_key(table_id, token), ex=KEPT)
    if kept is None:
        raise _gone()
    return _unpacked(kept)


def live_row_ids(table_id: int, token: str) -> Sequence[int]:
    """As all_row_ids, without rows that were deleted since."""
    live = array("q")
    for ids in batched(all_row_ids(table_id, token), _ASKED):
        found = set(Row.objects.filter(table_id=table_id, pk__in=ids).values_list("pk", flat=True))
        live.extend(pk for pk in ids if pk in found)
    return live


def place(table_id: int, token: str, row_id: int) -> int | None:
    """Where a row stands in the view, from 0. Raises Refused, code view_gone."""
    ids = all_row_ids(table_id, token)
    return ids.index(row_id) if row_id in ids else None


def add(table: Table, token: str, ids: Sequence[int]) -> None:
    """Rows just made in this view stand at its end until it is opened again."""
    if client().exists(_key(table.pk, token)):
        client().append(_key(table.pk, token), _packed(ids))


def remove(table: Table, token: str, ids: Collection[int]) -> None:
    """Rows just deleted in this view leave it, and those behind them move up."""
    kept: Any = client().get(_key(table.pk, token))
    if kept is not None:
        gone = set(ids)
        left = _packed(pk for pk in _unpacked(kept) if pk not in gone)
        client().set(_key(table.pk, token), left, keepttl=True)


def _write(key: str, ids: Iterable[int]) -> int:
    total = 0
    pipeline = client().pipeline(transaction=False)
    pipeline.set(key, b"", ex=KEPT)
    for batch in batched(ids, _BATCH):
        pipeline.append(key, _packed(batch))
        total += len(batch)
    pipeline.execute()
    return total


def _slice(table_id: int, token: str, offset: int, limit: int) -> tuple[list[int], int]:
    key = _key(table_id, token)
    pipeline = client().pipeline(transaction=False)
    pipeline.expire(key, KEPT)
    pipeline.strlen(key)
    pipeline.getrange(key, offset * _ID, (offset + limit) * _ID - 1)
    exists, length, found = pipeline.execute()
    if not exists:
        raise _gone()
    return list(_unpacked(found)) if limit else [], length // _ID


def _gone() -> Refused:
    """It was not read for an hour, or Redis lost it."""
    return Refused("This view has expired. Open it again.", code="view_gone", status=410)


def _packed(ids: Iterable[int]) -> bytes:
    return array("q", ids).tobytes()


def _unpacked(packed: bytes) -> array[int]:
    ids = array("q")
    ids.frombytes(packed)
    return ids


def _key(table_id: int, token: str) -> str:
    return f"marl:view:{table_id}:{token}"
