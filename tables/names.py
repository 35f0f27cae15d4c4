"""Names of tables and columns: on one line, and each of them once."""

import unicodedata
from collections.abc import Collection

from tables.storable import storable
from workspaces.refusals import Refused

LONGEST = 200  # characters


def tidy(name: str) -> str:
    """Returns the name on one line, trimmed and in NFC, which is how references to it are compared."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return unicodedata.normalize("NFC", " ".join(printable.split()))[:LONGEST].rstrip()


def given(name: str) -> str:
    """Returns the name that somebody chose, tidied. Raises Refused for signs that nothing can hold."""
    if storable(name) != name:
        words = "A name can hold neither U+0000 nor half of a surrogate pair. Choose one without."
        raise Refused(words, field="name")
    return tidy(name)


def first_free(name: str, taken: Collection[str]) -> str:
    """Returns the name, with the first free number after it where it is taken: “Name”, “Name 2”."""
    free, number = name, 1
    while free in taken:
        number += 1
        ending = f" {number}"
        free = name[: LONGEST - len(ending)] + ending
    return free
