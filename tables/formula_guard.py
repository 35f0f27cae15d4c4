"""Texts that a spreadsheet would run as a formula when it opens a CSV file: guarded there, plain again in ours.

A guarded text has an apostrophe before it. A text that is an apostrophe before such a text by itself gets one more, so
that exactly one comes off again whatever the text was:

    text        in the file
    =1+1        '=1+1
    '=1+1       ''=1+1
    'tis        'tis
    -5          -5          a number is not run, nor is a telephone number like +49 171 5550
"""

import re

GUARD = "'"
# OWASP, “CSV injection”: also the wide signs, which Excel takes for the others in some languages.
# A mark of an encoding is not run, but readers leave it out where a line begins with it.
_SIGNS = "=+\\-@\t\r\n＝＋－＠\ufeff"
_HARMLESS = r"[+-](?:\d[\d ]*(?:\(\d+\)[\d ]*)?|\d*[.,]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?)\Z"
_GUARDED = re.compile(f"'*(?!{_HARMLESS})[{_SIGNS}]")
# What a guarded text begins with; asking for it here saves a call for each cell of a file.
FIRST = frozenset("'=+-@\t\r\n＝＋－＠\ufeff")


_BEGINNING = re.compile(f"\0[{''.join(map(re.escape, sorted(FIRST)))}]")


def are_harmless(texts: str) -> bool:
    """Whether none of many texts, each with a NUL before it, begins like one that is guarded."""
    return _BEGINNING.search(texts) is None


def guarded(text: str) -> str:
    """Returns the text as it stands in a CSV file."""
    return GUARD + text if text[:1] in FIRST and _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """Returns the text that `guarded` was given."""
    return text[1:] if text[:1] == GUARD and _GUARDED.match(text, 1) else text
