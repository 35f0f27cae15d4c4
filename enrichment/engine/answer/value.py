"""The value of a body: JSON, JSON lines, XML or text, by its media type and by its look; or why it has none."""

import json
import math
import re
from typing import Literal
from xml.parsers.expat import ExpatError

import xmltodict

from enrichment.engine.answer.markup import is_page, title_of
from enrichment.engine.messages import Response
from enrichment.engine.template.values import encodable

type Kind = Literal["auto", "json", "xml", "text"]

LONGEST_TEXT = 1024 * 1024  # characters of an answer that is not JSON
DEEPEST = 500  # levels of nesting that everything after this can read
_MOST_DIGITS = 4_000  # of an integer; Python converts no more at once
_EXCERPT = 40  # characters
_WITHOUT_BODY = (204, 205, 304)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """An answer without a value, with the code of the failure; the words say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def value_of(response: Response, kind: Kind = "auto") -> object:
    """Returns the value of the body, None where it has none. Raises Unreadable."""
    if response.status in _WITHOUT_BODY or not response.text.strip():
        return None
    if response.decoded.is_binary:
        raise Unreadable(
            "binary", f"The answer isn't text, but {_media_type(response) or 'bytes'} of {_size(response)}."
        )
    if kind == "json":
        return _json(response.text)
    if kind == "xml":
        return _xml(response.text)
    return _text(response.text) if kind == "text" else _by_type_and_look(response)


def _by_type_and_look(response: Response) -> object:
    text, media_type = response.text.strip(), _media_type(response)
    if re.search(r"[/+](x-)?(ndjson|jsonl|jsonlines|json-seq|json-lines)$", media_type):
        return _json_lines(text)
    if re.search(r"[/+](x-)?json$", media_type):
        return _json_or_lines(text)
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
        raise Unreadable("not_json", f"The response isn't valid JSON: {_place(error)}") from error
    except RecursionError as error:
        raise _too_deep() from error
    if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(value):
        raise _too_deep()
    return encodable(value) if _HALF.search(text) else value


def _place(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc):
        return "it ends too early."
    excerpt = error.doc[error.pos : error.pos + _EXCERPT].splitlines()[0] or "the end of the line"
    return f"line {error.lineno}, column {error.colno}, near “{excerpt}”."


def _too_deep() -> Unreadable:
    return Unreadable("not_json", f"The response is nested more than {DEEPEST} levels deep.")


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        lists = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [child for children in lists for child in children]
    return bool(level)


def _number(text: str) -> float | str:
    """Returns a number, or its text where it is too large for a double."""
    number = float(text)
    return number if math.isfinite(number) else text


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _refuse(constant: str) -> object:
    raise Unreadable("not_json", f"The response isn't valid JSON: it contains {constant}.")


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_number, parse_int=_integer)


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
