"""Lengths of time as people write them."""


def clock(parts: int, places: int = 0) -> str:
    """Returns hours and minutes, and seconds where there are some: 30:00, 0:01:30, 0:00:00.005.

    The length is given in parts of a second: with 3 places, in milliseconds.
    """
    seconds, fraction = divmod(abs(parts), 10**places)
    minutes, seconds = divmod(seconds, 60)
    end = f".{fraction:0{places}}".rstrip("0") if fraction else ""
    text = f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}{end}" if seconds or end else "")
    return f"-{text}" if parts < 0 else text
