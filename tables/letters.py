"""Letters beyond ASCII for SQLite, which knows their capitals as little as `LIKE` does: é is found where É is sought.

The function runs in Python, so queries ask it only for texts that have such letters.
"""

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_PATTERNS = {"icontains": "{}", "istartswith": r"\A{}", "iendswith": r"{}\Z"}


def add_to(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives the function to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("marl_matches", 2, matches, deterministic=True)


def pattern(lookup: str, text: str) -> str:
    """Returns the pattern of what Django's lookup finds."""
    return _PATTERNS[lookup].format(re.escape(text))


def matches(text: str | None, pattern: str) -> bool | None:
    """Whether the text has what the pattern says, in capitals or not; None for nothing."""
    return None if text is None else re.search(pattern, text, re.IGNORECASE) is not None
