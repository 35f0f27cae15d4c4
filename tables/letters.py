"""Letters beyond ASCII: é is found where É is sought, and as one sign where it is sought as two, e and an accent.

SQLite knows their capitals as little as `LIKE` does, and no composed forms. Its functions run in Python, so queries ask
them only for texts that have such letters.
"""

import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_TESTS = {"icontains": str.__contains__, "istartswith": str.startswith, "iendswith": str.endswith}


def add_to(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives the functions to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("marl_matches", 3, matches, deterministic=True)
        connection.connection.create_function("marl_composed", 1, composed, deterministic=True)


def composed(text: str) -> str:
    """Returns the text with one sign for a letter and its accents, wherever there is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def matches(text: str | None, lookup: str, part: str) -> bool | None:
    """Whether Django's lookup finds the part, which is in capitals, in the text; None for nothing."""
    return None if text is None else _TESTS[lookup](in_capitals(text), part)


def in_capitals(text: str) -> str:
    """Returns the text, composed, with capitals for single letters as PostgreSQL has them: ß stays one."""
    text = composed(text)
    capitals = text.upper()
    if len(capitals) == len(text):
        return capitals
    return "".join(sign.upper() if len(sign.upper()) == 1 else sign for sign in text)
