"""Views as they were when somebody opened them: the ids of their rows in order, stored in Redis for a while.

Filtering and sorting costs once. Windows are slices then, and rows keep their places while somebody scrolls and edits.
"""

import secrets
from array import array
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from itertools import batched
from typing import Any

from redis import RedisError

from tables import interruptions
from tables.models import Row, Table
from tables.redis import client
from tables.row_queries import View
from workspaces.refusals import Refused

STORED_SECONDS = 3_600  # after the last window was read
_ID = 8  # bytes
_BATCH = 50_000  # ids written at once
_IDS = 10_000  # in one query; SQLite bounds its parameters


def take(table: Table, view: View, replaces: str = "", opener: str = "") -> tuple[str, int]:
    """Returns the token of a new snapshot and its number of rows. The snapshot that it replaces is forgotten.

    Only the latest snapshot of an opener, such as a page, goes on. Raises Refused, code stopped, for one before it.
    """
    token = secrets.token_urlsafe(12)
    if opener:
        client().set(_opener_key(table.pk, opener), token, ex=STORED_SECONDS)
        with interruptions.watched(partial(_why_over, table.pk, opener, token)):
            row_ids = view.row_ids(table)
    else:
        row_ids = view.row_ids(table)
    total = _write(_key(table.pk, token), row_ids)
    if replaces:
        client().delete(_key(table.pk, replaces))
    return token, total


def stop(table_id: int, opener: str) -> None:
    """Ends the snapshot that this opener waits for, if there is one."""
    client().delete(_opener_key(table_id, opener))


def window(table: Table, token: str, offset: int, limit: int) -> tuple[list[Row | int], int]:
    """Returns rows, and how many the snapshot has; of a row deleted since, only its id.

    Raises Refused, code view_gone.
    """
    row_ids, total = _slice(table.pk, token, offset, limit)
    rows = Row.objects.filter(table=table).in_bulk(row_ids)
    return [rows.get(row_id, row_id) for row_id in row_ids], total


def row_ids(table_id: int, token: str, most: int) -> list[int]:
    """Returns all of them, in order. Raises Refused: code view_gone, or invalid when they are more than `most`."""
    ids, total = _slice(table_id, token, 0, most)
    check_number(total, most)
    return ids


def check_number(total: int, most: int) -> None:
    """Raises Refused for a view with more rows than are allowed."""
    if total > most:
        raise Refused(f"This view has {total:,} rows. Narrow it to at most {most:,}.", field="view")


def live_row_ids(table_id: int, token: str) -> Sequence[int]:
    """Returns all of them, in order, without rows that were deleted since. Raises Refused, code view_gone."""
    live = array("q")
    for ids in batched(_all_row_ids(table_id, token), _IDS):
        existing = set(Row.objects.filter(table_id=table_id, pk__in=ids).values_list("pk", flat=True))
        live.extend(row_id for row_id in ids if row_id in existing)
    return live


def place(table_id: int, token: str, row_id: int) -> int | None:
    """Returns where a row stands in the snapshot, from 0. Raises Refused, code view_gone."""
    ids = _all_row_ids(table_id, token)
    return ids.index(row_id) if row_id in ids else None


def add(table: Table, token: str, row_ids: Sequence[int]) -> None:
    """Puts rows that were added in this view at its end; they stand there until it is opened again."""
    if client().exists(_key(table.pk, token)):
        client().append(_key(table.pk, token), _packed(row_ids))


def remove(table: Table, token: str, row_ids: Collection[int]) -> None:
    """Takes out rows that were deleted in this view; those after them move up."""
    packed: Any = client().get(_key(table.pk, token))
    if packed is not None:
        deleted = set(row_ids)
        remaining = _packed(row_id for row_id in _unpacked(packed) if row_id not in deleted)
        client().set(_key(table.pk, token), remaining, keepttl=True)


def _why_over(table_id: int, opener: str, token: str) -> Refused | None:
    try:
        latest: Any = client().get(_opener_key(table_id, opener))
    except RedisError:
        return None  # nobody can stop it meanwhile, so it goes on
    if latest == token.encode():
        return None
    return Refused("Opening this view was stopped.", code="stopped", field="view", status=409)


def _write(key: str, ids: array[int]) -> int:
    pipeline = client().pipeline(transaction=False)
    pipeline.set(key, b"", ex=STORED_SECONDS)
    for first in range(0, len(ids), _BATCH):
        pipeline.append(key, ids[first : first + _BATCH].tobytes())
    pipeline.execute()
    return len(ids)


def _all_row_ids(table_id: int, token: str) -> array[int]:
    packed: Any = client().getex(_key(table_id, token), ex=STORED_SECONDS)
    if packed is None:
        raise _gone()
    return _unpacked(packed)


def _slice(table_id: int, token: str, offset: int, limit: int) -> tuple[list[int], int]:
    key = _key(table_id, token)
    pipeline = client().pipeline(transaction=False)
    pipeline.expire(key, STORED_SECONDS)
    pipeline.strlen(key)
    pipeline.getrange(key, offset * _ID, (offset + limit) * _ID - 1)
    exists, length, packed = pipeline.execute()
    if not exists:
        raise _gone()
    return list(_unpacked(packed)) if limit else [], length // _ID


def _gone() -> Refused:
    """It was not read for an hour, or Redis lost it."""
    return Refused("This view has expired. Open it again.", code="view_gone", status=410)


def _packed(ids: Iterable[int]) -> bytes:
    return array("q", ids).tobytes()


def _unpacked(packed: bytes) -> array[int]:
    ids = array("q")
    ids.frombytes(packed)
    return ids


def _opener_key(table_id: int, opener: str) -> str:
    return f"marl:opener:{table_id}:{opener}"


def _key(table_id: int, token: str) -> str:
    return f"marl:view:{table_id}:{token}"
