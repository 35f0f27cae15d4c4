"""Keeps a spreadsheet from computing a text of a CSV file, and takes the guard off again when the file is read here.

The guard is an apostrophe, which spreadsheets take for “this is text”. A text that begins with apostrophes before what
looks like a formula gets one more, so that whatever is written comes back as it was.
"""

import re

# What a spreadsheet would compute; a number with its sign, or a telephone number, is none.
_FORMULA = re.compile(r"'*(?:[=@\t\r]|[+-](?![\d\s.,()/-]*$))")


def guarded(text: str) -> str:
    """Returns the text with one apostrophe more before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Returns the text that `guarded` was given."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text
