"""Letters beyond ASCII: é is found where É is sought, and as one sign where it is sought as two, e and an accent.

Databases differ in the capitals that they know and SQLite has no composed forms, so this says what is the same letter.
Its functions run in Python, so queries ask SQLite's only for texts that have such letters.
"""

import re
import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# What other signs stand for the same letter: the four i of Turkish, the long s, the sign of Kelvin, and two marks
# that Unicode has twice. No other sign beyond ASCII is found where one of ASCII is sought.
TWINS = {"i": "ıİ", "s": "ſ", "k": "\u212a", ";": "\u037e", "`": "\u1fef"}
_EQUAL_IN_ASCII = frozenset("K;`")  # to which a sign beyond is canonically equal
_ACCENTS = re.compile("[\u0300-\u036f]+")  # of letters of two signs
_TESTS = {"icontains": str.__contains__, "istartswith": str.startswith, "iendswith": str.endswith}


class _Folded(dict[int, str]):
    """What each sign becomes, worked out when it is met. Only single letters: ß stays one, as in PostgreSQL."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        capital = sign.upper()
        capital = capital if len(capital) == 1 else sign
        self[code] = capital.lower()[0] if capital == "İ" else capital.lower()
        return self[code]


_FOLDED = _Folded()


def add_to(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Gives the functions to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("marl_matches", 3, matches, deterministic=True)
        connection.connection.create_function("marl_composed", 1, composed, deterministic=True)
        connection.connection.create_function("marl_sorted", 1, by_alphabet, deterministic=True)


def composed(text: str) -> str:
    """Returns the text with one sign for a letter and its accents, wherever there is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_plain(sign: str) -> bool:
    """Whether it is of ASCII, and no other sign is canonically equal to it."""
    return sign.isascii() and sign not in _EQUAL_IN_ASCII


def folded(text: str) -> str:
    """Returns the text, composed, in small letters: the same for whatever is sought without regard to capitals."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).translate(_FOLDED)


def by_alphabet(text: str) -> str:
    """Returns the text by which it is sorted: in small letters and without accents, so that É stands beside e."""
    small = _ACCENTS.sub("", unicodedata.normalize("NFD", text)).lower()
    return small.replace("ς", "σ").replace("ı", "i").replace("ſ", "s")  # which have a capital in common


def matches(text: str | None, lookup: str, part: str) -> bool | None:
    """Whether Django's lookup finds the part, which is folded, in the text; None for nothing."""
    return None if text is None else _TESTS[lookup](folded(text), part)
