"""Letters beyond ASCII: é is found where É is sought, and as one sign where it is sought as two, e and an accent.

SQLite knows their capitals as little as `LIKE` does, and no composed forms. Its functions run in Python, so queries ask
them only for texts that have such letters.
"""

import re
import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_PATTERNS = {"icontains": "{}", "istartswith": r"\A{}", "iendswith": r"{}\Z"}


def add_to(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives the function to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("marl_matches", 2, matches, deterministic=True)
        connection.connection.create_function("marl_composed", 1, composed, deterministic=True)


def composed(text: str) -> str:
    """Returns the text with one sign for a letter and its accents, wherever there is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def pattern(lookup: str, text: str) -> str:
    """Returns the pattern of what Django's lookup finds in a composed text."""
    return _PATTERNS[lookup].format(re.escape(text))


def matches(text: str | None, pattern: str) -> bool | None:
    """Whether the text has what the pattern says, in capitals or not; None for nothing."""
    return None if text is None else re.search(pattern, composed(text), re.IGNORECASE) is not None
