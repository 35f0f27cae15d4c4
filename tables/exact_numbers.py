"""Functions for SQLite, which has no numbers of more than 15 exact digits: they read and compare them to the last one.

Their arguments are texts of numbers. They run in Python, so queries ask them only where a double doesn't tell.
"""

import json
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

DIGITS_OF_DOUBLES = 15  # that every double keeps
# For sums of numbers that are up to 200 digits long, with exponents of two digits, however many there are.
EXACTLY = Context(prec=700)


class Total:
    """The sum of numbers, to the last digit; an aggregate of SQLite, like those below."""

    def __init__(self) -> None:
        self.number: Decimal | None = None

    def step(self, text: str | None) -> None:
        """Takes one more value, None for what is no number."""
        if text is not None:
            number = Decimal(text)
            self.number = number if self.number is None else self.taken(self.number, number)

    def taken(self, so_far: Decimal, number: Decimal) -> Decimal:
        return EXACTLY.add(so_far, number)

    def finalize(self) -> str | None:
        """Returns the digits; None where there was no number."""
        return None if self.number is None else str(self.number)


class Mean(Total):
    """The sum, a slash and how many numbers there are: whoever divides them knows how exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def step(self, text: str | None) -> None:
        super().step(text)
        self.count += text is not None

    def finalize(self) -> str | None:
        return None if self.number is None else f"{self.number}/{self.count}"


class Smallest(Total):
    """The smallest of the numbers."""

    def taken(self, so_far: Decimal, number: Decimal) -> Decimal:
        return min(so_far, number)


class Largest(Total):
    """The largest of the numbers."""

    def taken(self, so_far: Decimal, number: Decimal) -> Decimal:
        return max(so_far, number)


def add_to(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives the functions to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        functions = (("key", 1, key), ("rest", 1, rest), ("compare", 2, compare), ("is_among", 2, is_among))
        for name, arguments, function in functions:
            connection.connection.create_function(f"marl_{name}", arguments, function, deterministic=True)
        for name, aggregate in (("sum", Total), ("mean", Mean), ("min", Smallest), ("max", Largest)):
            connection.connection.create_aggregate(f"marl_{name}", 1, aggregate)


def key(text: str) -> str | None:
    """Returns a text that is the same for numbers that are equal; None where a double tells them apart."""
    sign, digits, exponent = Decimal(text).as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    if len(significant) <= DIGITS_OF_DOUBLES:
        return None
    return f"{'-' if sign else ''}{significant}e{int(exponent) + len(written) - len(significant)}"


def rest(text: str) -> float:
    """Returns what the number is more, or less, than the shortest one of the same double."""
    return float(EXACTLY.subtract(Decimal(text), Decimal(repr(float(text)))))


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
