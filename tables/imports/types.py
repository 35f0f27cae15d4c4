"""The types that the values of a file are guessed to have, and the forms that numbers and dates come in.

A form is what a person chooses for a column of a file: “number:comma” reads 1.234,56. Values are stored as if they were
typed into a column of that type; a guess that nobody has looked at changes no letter of a value.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from tables import values
from tables.imports.readers.sheet import Value
from tables.models import Column, ColumnType
from workspaces.refusals import Refused

FORMS: dict[str, ColumnType] = {
    "text": ColumnType.TEXT,
    "number": ColumnType.NUMBER,
    "number:dot": ColumnType.NUMBER,  # 1,234.56
    "number:comma": ColumnType.NUMBER,  # 1.234,56
    "date": ColumnType.DATE,  # 2026-12-31
    "date:ymd": ColumnType.DATE,  # 2026/12/31
    "date:dmy": ColumnType.DATE,  # 31.12.2026
    "date:mdy": ColumnType.DATE,  # 12/31/2026
    "checkbox": ColumnType.CHECKBOX,
    "email": ColumnType.TEXT,
    "url": ColumnType.TEXT,
}

# Up to 15 digits, none of them a leading zero: a longer one is a name, like that of a phone.
_PLAIN_NUMBER = re.compile(r"-?(?=(?:\.?\d){1,15}$)(0|[1-9]\d*)(\.\d+)?")
_INTERNATIONAL = re.compile(r"\+\d{1,3}[. ]")
_IN_GROUPS = re.compile(r"\d{1,3}([. ]\d{3})+")
_SHORTEST_TELEPHONE = 7  # digits
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Thousands never begin with a zero: whoever writes 0,500 means a half.
_DOT_NUMBER = re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3}|['’]\d{3})+|\d+)(\.\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3}|[ \xa0\u202f]\d{3})+|\d+)(,\d+)?")
_DAY = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[T ](\d{1,2}:\d\d(?::\d\d)?))?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_ANSWERS = ({"true", "false"}, {"yes", "no"})


def stays_number(value: Value) -> bool:
    """Whether it is a number that is stored as it was written."""
    if isinstance(value, str):
        return _PLAIN_NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def stays_date(value: Value) -> bool:
    """Whether it is a day that is stored as it was written."""
    return isinstance(value, str) and _ISO_DAY.fullmatch(value) is not None and _is_day(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def stays_checkbox(value: Value) -> bool:
    return isinstance(value, bool)


# What a column may become without a look at it, in this order.
UNCHANGED: dict[str, Callable[[Value], bool]] = {
    "number": stays_number,
    "date": stays_date,
    "checkbox": stays_checkbox,
}


def guessed(column: Iterable[Value]) -> str:
    """Returns the form that all of the values have, “text” where there is none or it could be another one, too."""
    filled = [value for value in column if value is not None and value != ""]
    if not filled:
        return "text"
    for form, stays in UNCHANGED.items():
        if all(map(stays, filled)):
            return form
    texts = [value.strip() for value in filled if isinstance(value, str)]
    return _form_of_texts(texts) if len(texts) == len(filled) else "text"


def _form_of_texts(texts: Sequence[str]) -> str:
    if {text.lower() for text in texts} in _ANSWERS:
        return "checkbox"
    for form, pattern in (("email", _EMAIL), ("url", _URL)):
        if all(map(pattern.fullmatch, texts)):
            return form
    return _form_of_numbers(texts) or _form_of_days(texts) or "text"


def _form_of_numbers(texts: Sequence[str]) -> str:
    """Looks for a text that only one of the two forms can have: 1.234 alone is a thousand here and one there."""
    if any(re.match(r"[+-]?0\d", text) for text in texts) or _are_telephones(texts):
        return ""  # 0042 is a name
    with_dot, with_comma = (all(map(pattern.fullmatch, texts)) for pattern in (_DOT_NUMBER, _COMMA_NUMBER))
    if with_dot == with_comma:
        return ""
    return "number:dot" if with_dot else "number:comma"


def _are_telephones(texts: Sequence[str]) -> bool:
    """Whether these could be numbers of telephones, like +49 171 555, or 601 234 567 where all have one length."""
    if any(_INTERNATIONAL.match(text) for text in texts):
        return True
    lengths = {sum(map(str.isdigit, text)) for text in texts}
    return len(lengths) == 1 and lengths.pop() >= _SHORTEST_TELEPHONE and all(map(_IN_GROUPS.fullmatch, texts))


def _form_of_days(texts: Sequence[str]) -> str:
    found = [_DAY.fullmatch(text) for text in texts]
    if not all(found):
        return ""
    forms = [
        form
        for form in ("date:ymd", "date:dmy", "date:mdy")
        if all(match and _day(match, form) is not None for match in found)
    ]
    if len(forms) == 1:
        return forms[0]
    # Whoever writes dots or dashes writes the day first; with slashes both are usual.
    return "date:dmy" if forms and all(match and match[2] in ".-" for match in found) else ""


def open_day(form: str, column: Iterable[Value]) -> str:
    """Returns a day of a column whose month may come first as well, "" if the day does for sure; dots say that it does.

    `form` is what was guessed.
    """
    texts = (
        [value.strip() for value in column if isinstance(value, str) and value.strip()] if form == "date:dmy" else []
    )
    found = [match for match in map(_DAY.fullmatch, texts) if match]
    is_open = all(match[2] == "-" and _day(match, "date:mdy") for match in found)
    return next((match[0] for match in found if match[1] != match[3]), "") if is_open else ""


def _day(match: re.Match[str], form: str) -> str | None:
    first, _, second, third, _ = match.groups()
    parts = {"date:ymd": (first, second, third), "date:dmy": (third, second, first), "date:mdy": (third, first, second)}
    year, month, day = parts[form]
    if len(year) != 4 or len(day) > 2:
        return None
    text = f"{year}-{month:0>2}-{day:0>2}"
    return text if _is_day(text) else None


def converter(column: Column, form: str) -> Callable[[Value], object]:
    """Returns the function that gives what is stored for a value written in this form.

    It raises Refused for a value that is not of the column's type.
    """
    read = _READ.get(form)

    def convert(value: Value) -> object:
        if read and isinstance(value, str):
            return values.clean(column, read(value.strip()))
        return values.clean(column, value)

    return convert


def _read_comma_number(text: str) -> str:
    if not _COMMA_NUMBER.fullmatch(text):
        raise Refused(f"“{text[:60]}” isn't a number like 1.234,56.")
    return re.sub("[. \xa0\u202f]", "", text).replace(",", ".")


def _read_dot_number(text: str) -> str:
    if not _DOT_NUMBER.fullmatch(text):
        raise Refused(f"“{text[:60]}” isn't a number like 1,234.56.")
    return re.sub("[,'’]", "", text)


def _day_reader(form: str, example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        match = _DAY.fullmatch(text)
        day = _day(match, form) if match else None
        if match is None or day is None:
            raise Refused(f"“{text[:60]}” isn't a date like {example}.")
        return f"{day} {match[5]:0>5}" if match[5] else day

    return read


_READ: dict[str, Callable[[str], str]] = {
    "number:dot": _read_dot_number,
    "number:comma": _read_comma_number,
    "date:ymd": _day_reader("date:ymd", "2026/12/31"),
    "date:dmy": _day_reader("date:dmy", "31.12.2026"),
    "date:mdy": _day_reader("date:mdy", "12/31/2026"),
}
