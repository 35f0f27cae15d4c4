"""The value of a body: JSON, JSON lines, XML or text, by its media type and by its look; or why it has none."""

import json
import math
import re
from decimal import Context, Decimal
from typing import Literal
from xml.parsers.expat import ExpatError

import xmltodict

from enrichment.engine.answer.markup import is_page, title_of
from enrichment.engine.characters import is_text_type
from enrichment.engine.messages import Response
from enrichment.engine.template.values import encodable

type Kind = Literal["auto", "json", "xml", "text"]

LONGEST_TEXT = 1024 * 1024  # characters of an answer that is not JSON
DEEPEST = 500  # levels of nesting that everything after this can read
_MOST_DIGITS = 4_000  # of a number; Python converts no more of an integer at once
_SURELY_EXACT = 16  # characters of a number without exponent: 15 digits at most
_EXCERPT = 40  # characters
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"%PDF": "a PDF"}
_WITHOUT_BODY = (204, 205, 304)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# Escapes of JSON one by one, so that a half is found that has no other one beside it.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<lost>\\u(?:0000|[dD][89a-fA-F][\da-fA-F]{2}))|\\."
)
_PART = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)", re.IGNORECASE)
_IS_JSON = re.compile(r"(.*[/+](x-)?)?json")
_IS_SCRIPT = re.compile(r".*/(x-)?(java|ecma)script")
# What servers put around JSON: a call (JSONP), or what keeps a page from running it, as Gerrit and Facebook do.
_CALL = re.compile(r"(?:/\*\*/)?\s*[A-Za-z_$][\w$.]*\(\s*([\[{].*[\]}])\s*\)\s*;?", re.DOTALL)
_GUARD = re.compile(r"(?:\)\]\}'?,?\s*\n|(?:for\s*\(;;\)|while\s*\((?:1|true)\))\s*;?)\s*([\[{].*)", re.DOTALL)


class Unreadable(ValueError):
    """An answer without a value, with the code of the failure; the words say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def value_of(response: Response, kind: Kind = "auto") -> object:
    """Returns the value of the body, None where it has none. Raises Unreadable."""
    if response.status in _WITHOUT_BODY or not response.text.strip():
        return None
    if response.decoded.is_binary or response.decoded.fault:
        raise Unreadable("binary", response.decoded.fault or _about_bytes(response))
    try:
        value = _value(response, kind)
    except Unreadable as error:
        if response.goes_on:
            raise _cut_short() from error
        raise
    if part := _part(response):
        raise Unreadable("incomplete", f"The server sent only a part of the answer: {part}.")
    if response.goes_on and not isinstance(value, dict | list):  # whose end is marked
        raise _cut_short()
    return value


def _cut_short() -> Unreadable:
    return Unreadable("incomplete", "The answer goes on after the length that the server states for it.")


def loses_characters(response: Response) -> bool:
    """Whether JSON has U+0000, or half a surrogate pair, for which U+FFFD stands in its value."""
    text = response.text
    may_lose = "\\u0000" in text or _HALF.search(text)
    return bool(may_lose) and any(escape["lost"] for escape in _ESCAPE.finditer(text))


def _part(response: Response) -> str:
    """Returns which bytes the answer is, where nobody asked for some of them; lists in pages have other units."""
    found = _PART.fullmatch((response.header("content-range") or "").strip())
    if response.status != 206 or response.is_part or found is None:
        return ""
    first, last, total = found.groups()
    is_whole = first == "0" and total == str(int(last) + 1)
    return "" if is_whole else f"bytes {first} to {last}" + ("" if total == "*" else f" of {total}")


def _about_bytes(response: Response) -> str:
    media_type, size = _media_type(response), _size(response)
    packed = next((name for mark, name in _PACKED.items() if response.body.startswith(mark)), "")
    if is_text_type(media_type):
        what = f"{packed} of {size}" if packed else f"{size} of no known kind"
        return f"The answer isn't text, but {what}, although the server calls it {media_type}."
    return f"The answer isn't text, but {media_type or packed or 'bytes'} of {size}."


def _value(response: Response, kind: Kind) -> object:
    if kind == "json":
        return _json(response.text)
    if kind == "xml":
        return _xml(response.text)
    return _text(response.text) if kind == "text" else _by_type_and_look(response)


def _by_type_and_look(response: Response) -> object:
    text, media_type = response.text.strip(), _media_type(response)
    if re.search(r"[/+](x-)?(ndjson|jsonl|jsonlines|json-seq|json-lines)$", media_type):
        return _json_lines(text)
    if _IS_JSON.fullmatch(media_type) and not is_page(text, ""):
        return _json_or_lines(text)
    if _IS_SCRIPT.fullmatch(media_type) and _CALL.fullmatch(text):
        return _json(text)
    if media_type != "text/csv" and text.startswith(("{", "[") if media_type else ("{", "[", '"')):
        try:
            return _json_or_lines(text)
        except Unreadable:  # it only looked like it
            return _text(response.text)
    if is_page(text, media_type):
        words = " ".join(title_of(text).split())
        raise Unreadable("web_page", f"A web page instead of JSON{f': {words[:200]}' if words else ''}")
    if text.startswith("<?xml") or re.search(r"[/+]xml$", media_type):
        return _xml(response.text)
    return _text(response.text)


def _media_type(response: Response) -> str:
    return (response.header("content-type") or "").partition(";")[0].strip().lower()


def _size(response: Response) -> str:
    size = len(response.body)
    return f"{size / 1000:,.1f} kB" if size >= 1000 else f"{size} bytes"


def _text(text: str) -> str:
    """Returns the text as it is, but for the line end behind it."""
    if len(text) > LONGEST_TEXT:
        words = f"The answer is a text of {len(text):,} characters. A cell holds {LONGEST_TEXT:,}."
        raise Unreadable("too_large", words)
    return text.rstrip("\r\n")


def _json_or_lines(text: str) -> object:
    try:
        return _json(text)
    except Unreadable:
        first, _, others = text.partition("\n")
        if not others.strip() or not first.rstrip().endswith(("}", "]")):
            raise
        try:
            return _json_lines(text)
        except Unreadable:
            pass
        raise


def _json_lines(text: str) -> list[object]:
    return [_json(line) for line in text.replace("\x1e", "").split("\n") if line.strip()]


def _json(text: str) -> object:
    text = text.strip()
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if inside := _CALL.fullmatch(text) or _GUARD.fullmatch(text):
            return _json(inside[1])
        raise Unreadable("not_json", f"The response isn't valid JSON: {_place(error)}") from error
    except RecursionError as error:
        raise _too_deep() from error
    if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(value):
        raise _too_deep()
    return encodable(value) if _HALF.search(text) or "\\u0000" in text else value


def _place(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc):
        return "it ends too early."
    place = f"line {error.lineno}, column {error.colno}"
    sign = error.doc[error.pos]
    if sign < " ":
        return f"{place}, a control character inside a text (U+{ord(sign):04X})."
    return f"{place}, near “{error.doc[error.pos : error.pos + _EXCERPT].splitlines()[0]}”."


def _too_deep() -> Unreadable:
    return Unreadable("not_json", f"The response is nested more than {DEEPEST} levels deep.")


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        lists = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [child for children in lists for child in children]
    return bool(level)


def number_or_digits(text: str) -> float | str:
    """Returns a number, or its text where a double is not the number that is written there."""
    number = float(text)
    if len(text) <= _SURELY_EXACT and "e" not in text and "E" not in text:
        return number
    return number if _stands_for(number, text) else text


def _stands_for(number: float, text: str) -> bool:
    """Whether this double, rounded to as many digits, is written so."""
    if not math.isfinite(number) or len(text) > _MOST_DIGITS:
        return False
    if number == 0:
        return not re.search("[1-9]", re.split("[eE]", text)[0])
    written = Decimal(text)
    return Context(prec=len(written.as_tuple().digits)).create_decimal_from_float(number) == written


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _refuse(constant: str) -> object:
    raise Unreadable("not_json", f"The response isn't valid JSON: it contains {constant}.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Returns the object; of a key that repeats the last value counts, as everywhere, and the others get a number."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    for at, (key, value) in enumerate(pairs):
        if any(key == other for other, _ in pairs[at + 1 :]):
            number = 2
            while f"{key} {number}" in found:
                number += 1
            found[f"{key} {number}"] = value
    return found


_DECODER = json.JSONDecoder(
    parse_constant=_refuse, parse_float=number_or_digits, parse_int=_integer, object_pairs_hook=_object
)


def _xml(text: str) -> object:
    """Returns XML as objects: attributes have an @ before their names, elements of one name make a list."""
    try:
        value = xmltodict.parse(text.strip())
    except ExpatError as error:
        words = f"The response isn't valid XML: line {error.lineno}, column {error.offset + 1}."
        raise Unreadable("not_xml", words) from error
    except ValueError as error:
        raise Unreadable("not_xml", "The response is XML with entities of its own, which Marl doesn't read.") from error
    if _is_too_deep(value):
        raise Unreadable("not_xml", f"The response is nested more than {DEEPEST} levels deep.")
    return value
