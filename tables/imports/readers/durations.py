"""Lengths of time as people write them."""


def clock(seconds: int) -> str:
    """Returns hours and minutes, and seconds where there are some: 30:00, 0:01:30."""
    sign, seconds = "-" if seconds < 0 else "", abs(seconds)
    minutes, seconds = divmod(seconds, 60)
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
