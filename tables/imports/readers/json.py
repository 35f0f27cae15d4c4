"""A JSON list of objects, or one object a line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tables import values
from tables.imports.readers.sheet import Notes, Options, Rows, Sheet, checked, named, unreadable

_AHEAD = 1000  # objects that the columns are taken from

type Objects = Iterator[tuple[int, dict[str, Any]]]  # each with its number in the list, or its line


@contextmanager
def read_list(path: Path, options: Options) -> Iterator[Sheet]:
    """Raises Refused. All of the list is read at once."""
    with path.open("rb") as file:
        yield _sheet(_list(file))


@contextmanager
def read_lines(path: Path, options: Options) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    with path.open("rb") as file:
        yield _sheet(_lines(file))


def _sheet(objects: Objects) -> Sheet:
    """The fields of the first objects are the columns, in the order in which they appear."""
    ahead = list(islice(objects, _AHEAD))
    if not ahead:
        raise unreadable("The file has no rows.")
    fields = list(dict.fromkeys(field for _, item in ahead for field in item))
    if not fields:
        raise unreadable("The objects in the file have no fields.")
    rows: Rows = ((number, [item.get(field) for field in fields]) for number, item in chain(ahead, objects))
    notes = Notes()
    rows = checked(rows, len(fields), notes)
    return Sheet(named(fields), rows, encoding="utf-8", warnings=notes.warnings, rejected=notes.rejected)


def _list(file: BufferedReader) -> Objects:
    items = _decoded(file.read(), "The file")
    if isinstance(items, dict):
        lists = [value for value in items.values() if isinstance(value, list)]
        items = lists[0] if len(lists) == 1 else [items]
    if not isinstance(items, list):
        raise unreadable("The file must hold a list of objects, one for each row.")
    for number, item in enumerate(items, 1):
        yield number, _object(item, f"Item {number:,} of the list")


def _lines(file: BufferedReader) -> Objects:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield number, _object(_decoded(line, f"Line {number:,}"), f"Line {number:,}")


def _object(item: object, place: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise unreadable(f'{place} is not an object. Each row is an object, like {{"name": "Acme"}}.')
    return item


def _decoded(text: bytes, place: str) -> Any:
    """A number that would lose its digits stays the text that it was, like 1.10."""
    try:
        items = json.loads(text.decode("utf-8-sig"), parse_float=_number, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise unreadable(f"{place} is not UTF-8, as JSON has to be.") from error
    except (ValueError, RecursionError) as error:
        raise unreadable(f"{place} is not valid JSON: {error}.") from error
    return values.storable(items) if b"\\u" in text else items


def _number(text: str) -> float | str:
    number = float(text)
    return number if repr(number) == text else text


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")
