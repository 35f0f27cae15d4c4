"""What kind of value a text looks like, for telling names from values and one dialect from another."""

import re
from collections import Counter
from collections.abc import Sequence

_PATTERNS = {
    "number": re.compile(r"[-+(]?[$€£¥]? ?-?\d[\d.,' \u00a0]*([eE][-+]?\d+)?\)? ?[%€$£¥]?|[-+]?\.\d+"),
    "date": re.compile(
        r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T]\d{1,2}:\d{2}.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( \d{1,2}:\d{2}.*)?"
        r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
    ),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "url": re.compile(r"(https?|ftp)://\S+|www\.\S+\.\S+", re.I),
    "checkbox": re.compile(r"true|false|yes|no", re.I),
}
_WHOLE = re.compile(r"-?\d{1,15}")
_USUAL_NAMES = frozenset(
    """
    id key no nr number name first last surname title email e-mail mail phone mobile fax url link website web domain
    company organization organisation address street city town state region zip postcode postal country code date time
    day month year created updated type kind category status value amount price total quantity qty size age gender
    description note notes comment comments tags lat lon lng latitude longitude currency language
    nom prénom ville pays adresse prix nombre apellido ciudad país dirección precio nome cognome città paese indirizzo
    vorname nachname firma ort stadt land straße plz preis datum anzahl naam plaats имя город страна
    """.split()  # noqa: SIM905
)
_PLACEHOLDERS = frozenset({"-", "--", "?", "n/a", "na", "nan", "null", "none", "nil", "#n/a", "unknown"})


def of(value: object) -> str:
    """Returns number, date, email, url, checkbox or text."""
    if isinstance(value, bool):
        return "checkbox"
    if isinstance(value, int | float):
        return "number"
    text = str(value).strip()
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(text)), "text")


def of_most(values: Sequence[object]) -> str | None:
    """Returns the kind that at least nine of ten values have; text where none is; None without values."""
    if not values:
        return None
    kind, number = Counter(map(of, values)).most_common(1)[0]
    return kind if number * 10 >= len(values) * 9 else "text"


def is_whole(value: object) -> bool:
    return not isinstance(value, bool) and _WHOLE.fullmatch(str(value).strip()) is not None


def is_year(value: object) -> bool:
    return is_whole(value) and 1900 <= int(str(value)) <= 2100


def is_usual_name(text: str) -> bool:
    """Whether a word of the text is one that columns are often called by."""
    return any(word in _USUAL_NAMES for word in re.split(r"[\s_.:/()-]+", text.strip().lower()))


def is_placeholder(text: str) -> bool:
    """Whether the text stands where a value is missing."""
    return text.strip().lower() in _PLACEHOLDERS
