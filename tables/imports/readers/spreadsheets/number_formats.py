"""What a person sees of a number in a cell: number formats that change how it reads, the others leave the number."""

import operator
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from itertools import takewhile

type Shown = Callable[[str], str]  # from the number as the file has it
type Signs = list[tuple[str, str]]

_LATEST_DAY = 2_958_465  # 9999-12-31
_LEAP_DAY = 60  # the 29 February 1900 that never was
_SIGN = re.compile(r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<code>.)', re.DOTALL)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_DAY_CODE = re.compile("[ymd]|aaa")  # days of the week are `aaa` in Japanese and Chinese, too
_PADDED = re.compile(r"00+\.0*")
_NAME = re.compile("[-/#_:]$")  # the end of what stands before the digits of a number like INV-5
_MINUTES = re.compile("(?<=h)[^a-z]*m+|m+(?=[^a-z]*s)")  # each other m is of a month
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_LARGEST_MASKED = 1e20
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
    """Returns how a format such as `00000`, `0.0%`, `d/m/yyyy`, `[h]:mm` or `"Yes";"No"` shows numbers.

    Dates and times become ISO 8601 with the parts that the format has.
    """
    sections = [signs for signs in _sections(code)[:3] if ("code", "@") not in signs]
    ways = [
        _way(signs, is_alone=len(sections) == 1, is_negative=at == 1, is_1904=is_1904)
        for at, signs in enumerate(sections)
    ]
    if not any(map(_condition, sections)) and len(set(ways)) < 2:
        return ways[0] if ways else number

    def show(raw: str) -> str:
        at = _section(float(raw), sections)
        return number(raw) if at is None else ways[at](raw)

    return show


def shown_text(code: str) -> Shown | None:
    """Returns how a format such as `"SKU-"@` shows texts, None where it shows them as they are."""
    sections = _sections(code)
    of_texts = sections[3] if len(sections) > 3 else sections[-1]
    if ("code", "@") not in of_texts or all(sign == ("code", "@") for sign in of_texts):
        return None
    return lambda text: "".join(text if sign == ("code", "@") else sign[1] for sign in of_texts).strip()


def hides(code: str) -> Callable[[float | str], bool] | None:
    """Returns whether a format such as `;;;` or `0;-0;;@` shows nothing of a value; None where it hides none."""
    sections = _sections(code)
    if len(sections) < 2 or any(map(_condition, sections)) or all(sections):
        return None

    def is_hidden(value: float | str) -> bool:
        at = 3 if isinstance(value, str) else _section(value, sections)
        return at is not None and at < len(sections) and not sections[at]

    return is_hidden


def _sections(code: str) -> list[Signs]:
    """Returns what the sections of a format consist of."""
    sections: list[Signs] = [[]]
    for sign in _signs(code):
        if sign == ("code", ";"):
            sections.append([])
        else:
            sections[-1].append(sign)
    return sections


def _way(signs: Signs, *, is_alone: bool, is_negative: bool, is_1904: bool) -> Shown:
    """Returns how a section shows numbers; an only one has a minus sign before those below zero.

    In one that `is_negative` a minus sign is that of the number, and no name before it.
    """
    codes = "".join(sign for kind, sign in signs if kind == "code")
    brackets = [sign for kind, sign in signs if kind == "bracket"]
    elapsed = next((sign.lower() for sign in brackets if _ELAPSED.fullmatch(sign)), None)
    if elapsed:
        return lambda raw: _duration(float(raw), elapsed[0], codes.lower())
    plain = re.sub(r"general|am/pm|a/p", lambda match: "h" if "/" in match[0] else "", codes.lower())
    has_day, has_time = bool(_DAY_CODE.search(_MINUTES.sub("", plain))), bool(re.search("[hs]", plain))
    if has_day or has_time:
        return lambda raw: _moment(raw, has_day, has_time, "s" in plain, is_1904)
    if "%" in codes:
        return percent
    named = [sign for sign in signs if not is_negative or sign[1] != "-"]
    if "general" not in codes.lower() and _is_mask(named):
        return _masked(signs, is_signed=is_alone)
    if _PADDED.fullmatch(codes):
        return lambda raw: _padded(raw, codes)
    words = "".join(sign for kind, sign in signs if kind == "quoted" or sign == " ").strip()
    has_words = not re.search("general|[0#?]", codes.lower()) and any(map(str.isalpha, words))
    return (lambda _: words) if has_words else number


def percent(raw: str) -> str:
    """Returns 12.5% for 0.125."""
    return number(str(float(raw) * 100)) + "%"


def _padded(raw: str, codes: str) -> str:
    """Returns 007.50 for `000.00` and 7.5."""
    whole, _, places = codes.partition(".")
    sign, digits = ("-" if raw.startswith("-") else ""), number(raw).lstrip("-")
    if "E" in digits:
        return number(raw)
    before, _, after = digits.partition(".")
    return f"{sign}{before:0>{len(whole)}}.{after:0<{len(places)}}"


def _signs(code: str) -> Signs:
    """Returns what a format consists of: ("code" | "quoted" | "bracket", its text)."""
    found = []
    for match in _SIGN.finditer(code):
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
    places = len(codes.partition(".")[2]) if "s" in (largest, *codes) else 0
    parts = round(abs(serial) * 86_400 * 10**places)
    seconds, fraction = divmod(parts, 10**places)
    sign = "-" if serial < 0 and parts else ""
    end = f".{fraction:0{places}}" if fraction else ""
    if largest == "s":
        return f"{sign}{seconds}{end}"
    if largest == "m":
        return f"{sign}{seconds // 60}" + (f":{seconds % 60:02}{end}" if "s" in codes else "")
    text = f"{sign}{seconds // 3600}"
    if "m" in codes:
        text += f":{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}{end}" if "s" in codes else "")


def _is_mask(signs: Signs) -> bool:
    """Whether the digits have places of their own: `00000`, `000-00-0000`, `"SKU-"0000`, `"INV-"0`."""
    codes = "".join(sign for kind, sign in signs if kind == "code")
    if set(codes) & set(",./Ee*") or _CURRENCY & set(codes) or not re.search("[0#]", codes):
        return False
    if any(kind == "bracket" and sign.startswith("$") for kind, sign in signs):
        return False
    places = "".join(sign if _is_place((kind, sign)) else " " for kind, sign in signs if kind != "bracket")
    digits = places.strip()
    before = "".join(sign for kind, sign in takewhile(lambda sign: not _is_place(sign), signs) if kind != "bracket")
    return "0" in digits[:-1] or " " in digits or _NAME.search(before) is not None


def _is_place(sign: tuple[str, str]) -> bool:
    return sign[0] == "code" and sign[1] in "0#?"


def _masked(signs: Signs, *, is_signed: bool) -> Shown:
    def show(raw: str) -> str:
        value = float(raw)
        if abs(value) >= _LARGEST_MASKED:
            return number(raw)
        digits = str(abs(Decimal(number(raw))).quantize(Decimal(1), ROUND_HALF_UP))
        text = _filled(signs, digits)
        return f"-{text}" if value < 0 and is_signed else text

    return show


def _section(value: float, sections: list[Signs]) -> int | None:
    """Returns which section shows the value, by their conditions or its sign; None where none does."""
    conditions = [_condition(signs) for signs in sections]
    if any(conditions):
        return next((at for at, is_met in enumerate(conditions) if is_met is None or is_met(value)), None)
    if value < 0:
        return 1
    return 2 if value == 0 and len(sections) > 2 else 0


def _condition(signs: Signs) -> Callable[[float], bool] | None:
    texts = (sign for kind, sign in signs if kind == "bracket")
    found = next(filter(None, map(_CONDITION.fullmatch, texts)), None)
    return partial(_COMPARISONS[found[1]], float(found[2])) if found else None


# Each is called with the limit first.
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.ge,
    ">=": operator.le,
    "<>": operator.ne,
    "<": operator.gt,
    ">": operator.lt,
    "=": operator.eq,
}


def _filled(signs: Signs, digits: str) -> str:
    """Puts the digits into their places from the right; the leftmost place takes all that are left."""
    signs = [sign for sign in signs if sign[0] != "bracket"]
    places = [at for at, sign in enumerate(signs) if _is_place(sign)]
    first_zero = next((at for at in places if signs[at][1] == "0"), len(signs))
    left = "" if digits == "0" else digits
    filled = {}
    for at in reversed(places):
        taken = left if at == places[0] else left[-1:]
        filled[at] = taken or ("0" if at >= first_zero else "")
        left = left[:-1]
    return "".join(filled.get(at, sign) for at, (_, sign) in enumerate(signs)).strip()
