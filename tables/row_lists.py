"""Lists of rows that somebody looks at for a while, such as those that a run could not send, stored in Redis.

A filter names one: {"column": …, "op": "listed", "value": token}.
"""

import secrets
from array import array
from collections.abc import Iterable
from typing import Any

from tables.models import Column
from tables.redis import client
from workspaces.refusals import Refused

STORED_SECONDS = 3_600  # after it was used last


def as_filter(column: Column, row_ids: Iterable[int]) -> dict[str, Any]:
    """Stores a list of rows, as what is so of this column, and returns the filter that shows them."""
    token = secrets.token_urlsafe(12)
    client().set(_key(column.table_id, token), array("q", row_ids).tobytes(), ex=STORED_SECONDS)
    return {"column": column.pk, "op": "listed", "value": token}


def row_ids(table_id: int, token: object) -> array[int]:
    """Returns the rows of a list. Raises Refused, code list_gone."""
    packed: Any = client().getex(_key(table_id, str(token)), ex=STORED_SECONDS)
    if packed is None:
        raise Refused("This list of rows has expired. Make it again.", code="list_gone", status=410)
    return array("q", packed)


def _key(table_id: int, token: str) -> str:
    return f"marl:rows:{table_id}:{token}"
