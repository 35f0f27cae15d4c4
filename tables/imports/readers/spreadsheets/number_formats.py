"""What a person sees of a number in a cell: number formats that change how it reads, the others leave the number."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

type Shown = Callable[[str], str]  # from the number as the file has it

_LATEST_DAY = 2_958_465  # 9999-12-31
_LEAP_DAY = 60  # the 29 February 1900 that never was
_SIGN = re.compile(r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<code>.)', re.DOTALL)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_MINUTES = re.compile("(?<=h)[^a-z]*m+|m+(?=[^a-z]*s)")  # each other m is of a month
_CURRENCY = frozenset("$€£¥₹₽₩₺₴₪฿¢")


def number(raw: str) -> str:
    """Returns the number in the 15 digits that a spreadsheet has, without an exponent while that can be read."""
    if raw.isdecimal() and raw.isascii() and len(raw) < 16 and (raw[0] != "0" or raw == "0"):
        return raw
    text = f"{float(raw):.15g}"
    if "e" in text and -11 < int(text.partition("e")[2]) < 21:
        return format(Decimal(text), "f")
    return "0" if text == "-0" else text.upper()


def shown(code: str, *, is_1904: bool = False) -> Shown:
    """Returns how a format such as `00000`, `0.0%`, `d/m/yyyy` or `[h]:mm` shows numbers.

    Dates and times become ISO 8601 with the parts that the format has.
    """
    first = _signs(code.split(";")[0])
    codes = "".join(sign for kind, sign in first if kind == "code")
    brackets = [sign for kind, sign in first if kind == "bracket"]
    elapsed = next((sign.lower() for sign in brackets if _ELAPSED.fullmatch(sign)), None)
    if elapsed:
        return lambda raw: _duration(float(raw), elapsed[0], codes.lower())
    if codes.strip().lower() in ("general", "@", ""):
        return number
    plain = re.sub(r"general|am/pm|a/p", lambda match: "h" if "/" in match[0] else "", codes.lower())
    has_day, has_time = bool(re.search("[ymd]", _MINUTES.sub("", plain))), bool(re.search("[hs]", plain))
    if has_day or has_time:
        return lambda raw: _moment(raw, has_day, has_time, "s" in plain, is_1904)
    if "%" in codes:
        return lambda raw: number(str(float(raw) * 100)) + "%"
    return _masked(code) if _is_mask(first) else number


def _signs(section: str) -> list[tuple[str, str]]:
    """Returns what a section of a format consists of: ("code" | "quoted" | "bracket", its text)."""
    found = []
    for match in _SIGN.finditer(section):
        kind = match.lastgroup
        if kind:
            found.append(("quoted" if kind == "escaped" else kind, match[kind]))
    return found


def _moment(raw: str, has_day: bool, has_time: bool, has_seconds: bool, is_1904: bool) -> str:
    serial = float(raw)
    if not 0 <= serial < _LATEST_DAY + 1:
        return number(raw)
    days, milliseconds = divmod(round(serial * 86_400_000), 86_400_000)
    clock = _clock(milliseconds, has_seconds)
    if not has_day:
        return clock
    if has_time and days == 0 and not is_1904:
        return clock
    day = _day(days, is_1904)
    return f"{day} {clock}" if has_time and milliseconds else day


def _day(days: int, is_1904: bool) -> str:
    if is_1904:
        return _after(date(1904, 1, 1), days)
    if days in (0, _LEAP_DAY):
        return "1900-01-00" if days == 0 else "1900-02-29"
    return _after(date(1899, 12, 31), days if days < _LEAP_DAY else days - 1)


def _after(epoch: date, days: int) -> str:
    try:
        return (epoch + timedelta(days=days)).isoformat()
    except OverflowError:
        return str(days)


def _clock(milliseconds: int, has_seconds: bool) -> str:
    """Leaves seconds out only where the format does and there are none."""
    seconds, fraction = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    if has_seconds or seconds % 60 or fraction:
        text += f":{seconds % 60:02}"
    return f"{text}.{fraction:03}" if fraction else text


def _duration(serial: float, largest: str, codes: str) -> str:
    """Returns 30:00 for `[h]:mm` and a day and a quarter, with the parts that the format has."""
    seconds = round(abs(serial) * 86_400)
    sign = "-" if serial < 0 and seconds else ""
    if largest == "s":
        return f"{sign}{seconds}"
    if largest == "m":
        return f"{sign}{seconds // 60}" + (f":{seconds % 60:02}" if "s" in codes else "")
    text = f"{sign}{seconds // 3600}"
    if "m" in codes:
        text += f":{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if "s" in codes else "")


def _is_mask(signs: list[tuple[str, str]]) -> bool:
    """Whether the digits have places of their own: `00000`, `000-00-0000`, `"SKU-"0000`."""
    codes = "".join(sign for kind, sign in signs if kind == "code")
    if set(codes) & set(",./Ee?*") or _CURRENCY & set(codes) or not re.search("[0#]", codes):
        return False
    if any(kind == "bracket" and sign.startswith("$") for kind, sign in signs):
        return False
    places = "".join(sign if kind == "code" and sign in "0#" else " " for kind, sign in signs if kind != "bracket")
    return places.count("0") > 1 or " " in places.strip()


def _masked(code: str) -> Shown:
    sections = [_signs(section) for section in code.split(";")]

    def show(raw: str) -> str:
        value = float(raw)
        signs = sections[_section(value, sections)]
        digits = str(abs(Decimal(number(raw))).quantize(Decimal(1), ROUND_HALF_UP)) if abs(value) < 1e15 else ""
        if not digits:
            return number(raw)
        text = _filled(signs, digits)
        return f"-{text}" if value < 0 and len(sections) < 2 else text

    return show


def _section(value: float, sections: list[list[tuple[str, str]]]) -> int:
    """Returns which section shows the value: by the first one's condition, else by its sign."""
    condition = next((sign for kind, sign in sections[0] if kind == "bracket" and sign[:1] in "<>="), None)
    if condition:
        limit = re.fullmatch(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)", condition)
        is_met = not limit or _COMPARISONS[limit[1]](value, float(limit[2]))
        return 0 if is_met or len(sections) < 2 else 1
    return 1 if value < 0 and len(sections) > 1 else 0


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
    "<>": lambda value, limit: value != limit,
    "<": lambda value, limit: value < limit,
    ">": lambda value, limit: value > limit,
    "=": lambda value, limit: value == limit,
}


def _filled(signs: list[tuple[str, str]], digits: str) -> str:
    """Puts the digits into their places from the right; the leftmost place takes all that are left."""
    signs = [sign for sign in signs if sign[0] != "bracket"]
    places = [at for at, (kind, sign) in enumerate(signs) if kind == "code" and sign in "0#"]
    if not places:
        return "".join(sign for _, sign in signs)
    left = digits
    filled = {}
    for at in reversed(places):
        if at == places[0]:
            filled[at] = left or ("0" if signs[at][1] == "0" else "")
        else:
            filled[at] = left[-1:] or ("0" if signs[at][1] == "0" else "")
            left = left[:-1]
    return "".join(filled.get(at, sign) for at, (_, sign) in enumerate(signs)).strip()
