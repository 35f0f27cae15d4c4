"""What stands in JSON without quotes, and what people write instead."""

import re

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NEARLY_NUMBER = re.compile(r"\+?(-?)([0-9][0-9_]*|)(?:\.([0-9]*))?([eE][+-]?[0-9]+)?")
_HEX = re.compile(r"(-?)0[xX]([0-9a-fA-F]{1,300})")
_WORDS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "NULL": "null",
    "Null": "null",
    "nil": "null",
    "undefined": "null",
    "NaN": "null",
    "Infinity": "null",
    "-Infinity": "null",
}


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def is_literal(text: str) -> bool:
    return text in ("true", "false", "null") or is_number(text)


def meant(text: str) -> str | None:
    """JSON's writing of it: `True` is true, `.5` is 0.5, `+5` is 5, `1_000` is 1000, `0x1F` is 31."""
    if word := _WORDS.get(text):
        return word
    if found := _HEX.fullmatch(text):
        return found[1] + str(int(found[2], 16))
    found = _NEARLY_NUMBER.fullmatch(text)
    if not found or not (found[2] or found[3]) or re.match(r"[+-]?0[0-9_]", text):  # 007 may be text
        return None
    fraction = f".{found[3]}" if found[3] else ""
    return found[1] + (found[2].replace("_", "") or "0") + fraction + (found[4] or "")
