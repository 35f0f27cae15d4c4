"""The rows of a file as the JSON that is stored, made from patterns where nothing in them needs an escape."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched, compress
from operator import itemgetter
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from tables.imports.readers.sheet import Row
from tables.storable import storable

_AT_ONCE = 50  # rows that are looked at together: one with an escape makes these slower


def encoded(values: Mapping[str, Any]) -> str:
    """Returns the values in JSON; what no database takes is rare, so it is looked for in the text."""
    try:
        text = to_json(values).decode()
    except PydanticSerializationError:  # half of a surrogate pair
        return to_json(storable(values)).decode()
    return to_json(storable(values)).decode() if "\\u0000" in text else text


class RowTexts:
    """Encodes rows whose values are stored as they are; `places` are the index in a row and the key of each."""

    def __init__(self, places: Sequence[tuple[int, str]]) -> None:
        self._places = places
        self._indexes = [index for index, _ in places]
        self._width = 1 + max(self._indexes, default=-1)
        self._pattern = "{" + ",".join(f'"{key}":"%s"' for _, key in places) + "}"
        self._names = [f'"{key}":"' for _, key in places]

    def of(self, rows: Sequence[Row]) -> list[str]:
        """Returns {key: value} of each row in JSON, without blank values."""
        if len(rows) <= _AT_ONCE or self._are_plain(rows):
            return self._of_some(rows)
        return [text for some in batched(rows, _AT_ONCE) for text in self._of_some(some)]

    def _of_some(self, rows: Sequence[Row]) -> list[str]:
        if not self._are_plain(rows):
            return [encoded(self._values(row)) for row in rows]
        chosen = self._chosen(rows)
        if all(map(all, chosen)):
            return list(map(self._pattern.__mod__, chosen))
        return list(map(self._without_blanks, chosen))

    def _are_plain(self, rows: Sequence[Row]) -> bool:
        return bool(rows and self._places) and min(map(len, rows)) >= self._width and _is_plain(rows)

    def _chosen(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        if self._indexes == list(range(max(map(len, rows)))):
            return list(map(tuple, rows))
        chosen: Iterable[Any] = map(itemgetter(*self._indexes, self._indexes[0]), rows)
        return [values[:-1] for values in chosen]

    def _without_blanks(self, values: Sequence[Any]) -> str:
        text = '",'.join(compress(map(str.__add__, self._names, values), values))
        return f'{{{text}"}}' if text else "{}"

    def _values(self, row: Row) -> dict[str, Any]:
        width = len(row)
        return {
            key: row[index]
            for index, key in self._places
            if index < width and row[index] is not None and row[index] != ""
        }


def _is_plain(rows: Sequence[Row]) -> bool:
    """Whether all values are texts that stand in JSON as they are; told in a few steps, however many they are."""
    try:
        text = "".join(map("".join, rows))  # type: ignore[arg-type]
        return len(to_json(text)) == len(text.encode()) + 2
    except (TypeError, ValueError):  # a value of another kind, or half of a surrogate pair
        return False
