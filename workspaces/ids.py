"""Ids as they come in from outside."""


def parse(text: object) -> int | None:
    """Returns the id, or None for what can be none: databases take up to 63 bits."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
