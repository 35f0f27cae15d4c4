"""Names of tables and columns: on one line, and each of them once."""

import unicodedata
from collections.abc import Collection

LONGEST = 200  # characters


def tidy(name: str) -> str:
    """Returns the name on one line, trimmed and in NFC, which is how references to it are compared."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return unicodedata.normalize("NFC", " ".join(printable.split()))[:LONGEST].rstrip()


def first_free(name: str, taken: Collection[str]) -> str:
    """Returns the name, with the first free number after it where it is taken: “Name”, “Name 2”."""
    free, number = name, 1
    while free in taken:
        number += 1
        ending = f" {number}"
        free = name[: LONGEST - len(ending)] + ending
    return free
