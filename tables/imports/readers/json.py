"""JSON under any name: a list, one value a line, or an object with lists inside.

The file is read twice, for its columns and for its rows, so that a field of the last object is a column too.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

from tables.imports.readers import json_layouts
from tables.imports.readers.gaps import Gaps
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.json_layouts import NamesApart
from tables.imports.readers.json_text import JsonText, Keys, walk, with_numbers
from tables.imports.readers.sheet import (
    Notes,
    Options,
    Pieces,
    Sheet,
    SheetChoice,
    Waiting,
    checked,
    named,
    silent,
    unreadable,
)
from tables.storable import storable
from workspaces.refusals import Refused

WHOLE = "$"  # the list path that makes the object one row
COLUMNS = "$columns"  # the list path that makes each of its lists a column
_PREVIEWED = 4 << 20  # bytes of a file that its preview looks at
_MOST_BESIDE = 5  # names listed
_LINES = (".jsonl", ".ndjson")


class Item(NamedTuple):
    """A value of a list, with its number there, or its line where there is one value a line."""

    keys: Keys  # of the list
    number: int
    value: Any
    has_escape: bool  # like \\u0000
    has_digits: bool = True  # it may have numbers that are kept as their texts


@dataclass(slots=True)
class Contents:
    """What a file holds, as far as it was looked at."""

    fields: dict[Keys, dict[Keys, None]] = field(default_factory=dict)  # of the objects of each list
    rows: Counter[Keys] = field(default_factory=Counter)
    objects: Counter[Keys] = field(default_factory=Counter)
    beside: list[Keys] = field(default_factory=list)  # values in no list
    is_whole: bool = True  # all of the file was looked at

    @property
    def may_be_columns(self) -> bool:
        """Whether the file is an object of lists of values, as far as it was looked at."""
        return len(self.rows) > 1 and not self.beside and not self.objects and all(len(keys) == 1 for keys in self.rows)

    @property
    def is_columns(self) -> bool:
        """Whether these lists are alike in length: {"name": ["Sam", "Ola"], "age": [3, 4]}."""
        return self.may_be_columns and len(set(self.rows.values())) == 1 and min(self.rows.values()) > 1


@contextmanager
def read(path: Path, options: Options, *, is_preview: bool = False, waiting: Waiting = silent) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    has_lines = _has_lines(path)
    contents = _looked_at(path, has_lines, options, _PREVIEWED if is_preview else None, waiting)
    if contents.may_be_columns and not contents.is_whole:
        contents = _looked_at(path, has_lines, options, None, waiting)
    if apart := _names_apart(path, contents, options):
        yield _of_rows(apart, contents)
        return
    if columns := _columns(path, contents, options):
        yield _of_columns(columns, contents)
        return
    keys = () if has_lines else _chosen(contents, options.list_path)
    if keys is None:
        yield _one_row(path, contents, options)
    else:
        yield _sheet(path, has_lines, contents, keys, options)


def is_json(path: Path) -> bool:
    """Whether the beginning of a file, which has another name, is JSON."""
    try:
        _looked_at(path, _has_lines(path), Options(), _PREVIEWED)
    except Refused:
        return False
    return True


def _has_lines(path: Path) -> bool:
    """Whether the first line is a value, and others follow where the name of the file does not say so.

    Lines of bare numbers or texts are JSON by the name of the file alone.
    """
    with path.open("rb") as file:
        try:
            value = json.loads(_filled_line(file))
        except (ValueError, RecursionError):
            return False
        following = _filled_line(file)
    if not following:
        return isinstance(value, dict) and path.suffix in _LINES
    is_nested, goes_on = isinstance(value, dict | list), following.startswith((b"{", b"["))
    return path.suffix in _LINES or (is_nested == goes_on and (is_nested or path.suffix == ".json"))


def _filled_line(file: BufferedReader) -> bytes:
    """Returns the next line that is not blank, or the beginning of a long one."""
    line = file.readline(_PREVIEWED)
    while line and not line.strip():
        line = file.readline(_PREVIEWED)
    return line.strip()


def _items(text: JsonText, has_lines: bool, beside: list[Keys]) -> Iterator[Item]:
    if has_lines:
        while text.peek():
            line = text.line
            value = text.value()
            yield Item((), line, value, text.has_escape, text.has_digits)
        return
    numbers: Counter[Keys] = Counter()
    for keys, is_item, value in walk(text):
        if is_item:
            numbers[keys] += 1
            yield Item(keys, numbers[keys], value, text.has_escape, text.has_digits)
        else:
            beside.append(keys)
    if text.peek():
        raise unreadable(f"Line {text.line:,} begins another value. Put all values into one list, or one on each line.")


def _looked_at(path: Path, has_lines: bool, options: Options, most: int | None, waiting: Waiting = silent) -> Contents:
    contents = Contents()
    text = JsonText(path, waiting)
    for item in _items(text, has_lines, contents.beside):
        contents.rows[item.keys] += 1
        if isinstance(item.value, dict):
            contents.objects[item.keys] += 1
            fields = contents.fields.setdefault(item.keys, {})
            if options.spread or not all((key,) in fields for key in item.value):
                fields.update(dict.fromkeys(_flat(item.value, options.spread)))
        if most and text.read > most:
            contents.is_whole = False
            break
    return contents


def _chosen(contents: Contents, given: str | None) -> Keys | None:
    """Returns the list that was asked for, or the longest of objects; None for the object as one row."""
    if given == WHOLE:
        return None
    by_name = {".".join(keys): keys for keys in contents.rows}
    if given is not None:
        if given not in by_name:
            words = f"There is no list “{given}” in the file. There are: {', '.join(filter(None, by_name)) or 'none'}."
            raise unreadable(words, "list_path")
        return by_name[given]
    if contents.objects:
        return contents.objects.most_common(1)[0][0]
    if () in contents.rows:
        return ()
    if contents.beside == [()]:
        raise unreadable("The file must hold a list of objects, one for each row, or one object.")
    if not contents.beside and not contents.rows:
        raise unreadable("The file has no rows. Check that it is the right file, and upload one with rows.")
    return None


def _one_row(path: Path, contents: Contents, options: Options) -> Sheet:
    text = JsonText(path)
    item = Item((), 1, text.value(), True)
    if not isinstance(item.value, dict):
        raise unreadable("The file holds no object that could be a row. Choose one of its lists.", "list_path")
    fields = list(_flat(item.value, options.spread))
    return _table(fields, iter([item]), options, Notes(), list_path=WHOLE, lists=_choices(contents), total=1)


def _names_apart(path: Path, contents: Contents, options: Options) -> NamesApart | None:
    if contents.objects or not 1 < len(contents.rows) < 4:
        return None
    apart = json_layouts.names_apart(JsonText(path).value())
    return apart if apart and options.list_path in (None, apart.rows_key) else None


def _of_rows(apart: NamesApart, contents: Contents) -> Sheet:
    """Returns the sheet of rows whose names stand in another list."""
    notes = Notes()
    others = [keys for keys in contents.rows if keys not in ((apart.names_key,), (apart.rows_key,))]
    _tell_beside([*contents.beside, *others], notes)
    items = (Item((), number, row, True) for number, row in enumerate(apart.rows, 1))
    rows: Pieces = ((item.number, _list_of(item, notes)) for item in items)
    understood = {"list_path": apart.rows_key, "lists": _choices(contents), "total": len(apart.rows)}
    return _made(named(apart.names), rows, notes, understood)


def _columns(path: Path, contents: Contents, options: Options) -> dict[str, list[Any]] | None:
    if options.list_path not in (None, COLUMNS) or (contents.rows and not contents.is_columns):
        return None
    return json_layouts.columns_of(JsonText(path).value())


def _of_columns(lists: dict[str, list[Any]], contents: Contents) -> Sheet:
    """Returns the sheet of lists, each of which is a column."""
    items = (
        Item((), number, dict(zip(lists, row, strict=True)), True)
        for number, row in enumerate(zip(*lists.values(), strict=True), 1)
    )
    total = len(next(iter(lists.values())))
    choices = [SheetChoice(COLUMNS, total), *_choices(contents)]
    fields: list[Keys] = [(key,) for key in lists]
    return _table(fields, items, Options(), Notes(), list_path=COLUMNS, lists=choices, total=total)


def _sheet(path: Path, has_lines: bool, contents: Contents, keys: Keys, options: Options) -> Sheet:
    notes = Notes()
    _tell_what_is_not_read(contents, keys, options, notes)
    items = (item for item in _items(JsonText(path), has_lines, []) if item.keys == keys)
    understood: dict[str, Any] = {
        "list_path": ".".join(keys) or None,
        "lists": _choices(contents) if keys else (),
        "total": contents.rows[keys] if contents.is_whole else None,
    }
    if contents.objects[keys]:
        return _table(list(contents.fields[keys]), items, options, notes, **understood)
    first = next(items, None)
    if first is not None and isinstance(first.value, list):
        rows: Pieces = ((item.number, _list_of(item, notes)) for item in _chain(first, items))
        return as_sheet(rows, options, notes, Gaps(), **understood, encoding="utf-8")
    rows = ((item.number, [_stored(item, notes)]) for item in _chain(first, items))
    return _made(["Value"], rows, notes, understood)


def _tell_what_is_not_read(contents: Contents, keys: Keys, options: Options, notes: Notes) -> None:
    _tell_beside(contents.beside, notes)
    others = [other for other in contents.rows if other and other != keys]
    if others and options.list_path is None:
        read = ".".join(keys)
        notes.warn(None, f"The list “{read}” is read. The file also has {_listed(others)}: choose one, or import each.")


def _tell_beside(beside: Sequence[Keys], notes: Notes) -> None:
    if beside:
        verbs = "stands beside the list and is not" if len(beside) == 1 else "stand beside the list and are not"
        notes.warn(None, f"{_listed(beside)} {verbs} read.")


def _listed(paths: Sequence[Keys]) -> str:
    more = len(paths) - _MOST_BESIDE
    return ", ".join(f"“{'.'.join(keys)}”" for keys in paths[:_MOST_BESIDE]) + (
        f" and {more:,} more" if more > 0 else ""
    )


def _chain(first: Item | None, rest: Iterator[Item]) -> Iterator[Item]:
    if first is None:
        raise unreadable("The file has no rows. Check that it is the right file, and upload one with rows.")
    yield first
    yield from rest


def _choices(contents: Contents) -> list[SheetChoice]:
    listed = [SheetChoice(".".join(keys), rows if contents.is_whole else None) for keys, rows in contents.rows.items()]
    return [*listed, SheetChoice(WHOLE, 1)]


def _table(fields: list[Keys], items: Iterator[Item], options: Options, notes: Notes, **understood: Any) -> Sheet:
    """Returns the sheet of objects; what is no object is rejected."""
    if not fields:
        raise unreadable("The objects in the file have no fields.")
    names = [".".join(keys) for keys in fields]
    columns = named(names)
    for name, column in zip(names, columns, strict=True):
        if name != column:
            notes.warn(
                None, f"The field “{name[:60]}” became the column “{column[:60]}”, a name that can be stored once."
            )
    return _made(columns, _rows(fields, items, options.spread, notes), notes, understood)


def _made(columns: list[str], items: Pieces, notes: Notes, understood: dict[str, Any]) -> Sheet:
    rows = checked(items, len(columns), notes)
    return Sheet(columns, rows, encoding="utf-8", warnings=notes.warnings, rejected=notes.rejected, **understood)


def _rows(fields: list[Keys], items: Iterator[Item], spread: bool | None, notes: Notes) -> Pieces:
    known = frozenset(fields)
    for item in items:
        if not isinstance(item.value, dict):
            notes.reject(item.number, f"Item {item.number:,} is not an object like the others.", [_stored(item, notes)])
            continue
        flat = _flat(item.value, spread)
        unknown = [".".join(keys) for keys in flat if keys not in known]
        if unknown:  # only in a preview, which looks at the beginning
            notes.warn(item.number, f"Item {item.number:,} has the field “{unknown[0]}”, which becomes a column too.")
        yield item.number, _cells(item, [flat.get(keys) for keys in fields], notes)


def _flat(value: dict[str, Any], spread: bool | None, before: Keys = ()) -> dict[Keys, Any]:
    """Returns the values by the keys that lead to them; objects inside are values themselves unless they are spread."""
    if not spread:
        return {(key,): inner for key, inner in value.items()}
    found: dict[Keys, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            found |= _flat(inner, spread, (*before, key))
        else:
            found[*before, key] = inner
    return found


def _stored(item: Item, notes: Notes) -> Any:
    return _cells(item, [item.value], notes)[0]


def _list_of(item: Item, notes: Notes) -> list[Any]:
    return _cells(item, item.value if isinstance(item.value, list) else [item.value], notes)


def _cells(item: Item, row: list[Any], notes: Notes) -> list[Any]:
    """Returns the values of a row as they can be stored, with numbers as such inside of lists and objects too."""
    if item.has_digits:
        found = list(map(with_numbers, row))
        row = [value for value, _ in found]
        if not all(is_whole for _, is_whole in found):
            words = "has a number inside of a list or an object that has more digits than numbers keep there."
            notes.warn(item.number, f"Item {item.number:,} {words} It was read as a text.")
    if item.has_escape:
        stored = list(map(storable, row))
        if stored != row:
            words = "has a character that can't be stored (U+0000 or half a surrogate pair)."
            notes.warn(item.number, f"Item {item.number:,} {words} It was left out or replaced.")
        row = stored
    return row
