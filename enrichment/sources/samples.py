"""The items of a preview, kept for a while: columns are chosen for their fields without asking the API again."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from tables.redis import client
from workspaces.sealing import CannotOpen, open_sealed, seal

KEPT_FOR = 3600  # seconds
_LONGEST = 2_000_000  # characters


def keep(table_id: int, items: Sequence[object]) -> str:
    """Returns what the items are found by, empty where they are too long to be kept; encrypted, they stay for an hour.

    Raises redis.RedisError.
    """
    text = json.dumps(items)
    if not items or len(text) > _LONGEST:
        return ""
    name = uuid4().hex
    client().set(_key(table_id, name), seal({"items": text}), ex=KEPT_FOR)
    return name


def kept(table_id: int, name: str) -> list[Any]:
    """Returns the items, none where they are gone. Raises redis.RedisError."""
    found = client().get(_key(table_id, name)) if name else None
    if not isinstance(found, bytes):
        return []
    try:
        items: list[Any] = json.loads(open_sealed(found.decode())["items"])
    except CannotOpen:
        return []
    return items


def _key(table_id: int, name: str) -> str:
    return f"marl:sample:{table_id}:{name}"
