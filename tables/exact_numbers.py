"""Functions for SQLite, which has no numbers of more than 15 exact digits: they read and compare them to the last one.

Their arguments are texts of numbers. They run in Python, so queries ask them only where a double doesn't tell.
"""

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_EXACT = 15  # digits that a double keeps


def add_to(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives the functions to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        for name, arguments, function in (("key", 1, key), ("compare", 2, compare), ("is_among", 2, is_among)):
            connection.connection.create_function(f"marl_{name}", arguments, function, deterministic=True)


def key(text: str) -> str | None:
    """Returns a text that is the same for numbers that are equal; None where a double tells them apart."""
    sign, digits, exponent = Decimal(text).as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    if len(significant) <= _EXACT:
        return None
    return f"{'-' if sign else ''}{significant}e{int(exponent) + len(written) - len(significant)}"


def compare(text: str, other: str) -> int:
    """Returns -1, 0 or 1 as the first number is below, the same as or above the other one."""
    one, two = Decimal(text), Decimal(other)
    return (one > two) - (one < two)


def is_among(text: str, others: str) -> bool:
    """Whether the number is one of a JSON list of texts."""
    return Decimal(text) in _numbers(others)


@lru_cache(maxsize=8)
def _numbers(texts: str) -> frozenset[Decimal]:
    return frozenset(Decimal(text) for text in json.loads(texts))
