"""Durations as people read them."""


def duration(milliseconds: int) -> str:
    """Returns it in the largest unit that is not a fraction of one."""
    for size, name in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if milliseconds >= size:
            return f"{milliseconds / size:g} {name}"
    return f"{milliseconds} ms"
