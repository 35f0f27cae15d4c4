"""What a table should hold, as a list of row ids and a dictionary of values: nothing is clever here."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

type Values = dict[str, Any]  # {column: value}, without empty ones

TYPES = {"Name": "text", "City": "text", "Size": "number", "Met": "checkbox"}
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


class Refusal(Exception):
    """The value is none of its column's type."""


def cleaned(column: str, value: Any) -> Any:
    """Returns the value as it is stored, None for an empty one. Raises Refusal."""
    if value is None or value == "":
        return None
    if TYPES[column] == "number" and isinstance(value, str):
        text = re.sub("[ ,]", "", value.strip()).removeprefix("+")
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            raise Refusal
        return text
    if TYPES[column] == "checkbox" and isinstance(value, str):
        if value.lower() not in YES + NO:
            raise Refusal
        return value.lower() in YES
    return value


def all_cleaned(cells: Mapping[str, Any]) -> Values:
    return {column: cleaned(column, value) for column, value in cells.items()}


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def as_key(column: str, value: Any) -> str:
    """Returns what a stored value is known by as a part of a key: 7 for 07."""
    if TYPES[column] == "number" and value is not None:
        return f"{Decimal(str(value)).normalize():f}"
    return as_text(value)


def formula(values: Values) -> str:
    """The column Label: `COALESCE({{Name}}, "?") + "/" + COALESCE({{Size}}, "-")`."""
    return f"{as_text(values.get('Name')) or '?'}/{as_text(values.get('Size')) or '-'}"


@dataclass(slots=True)
class Model:
    order: list[int] = field(default_factory=list)
    values: dict[int, Values] = field(default_factory=dict)

    def row(self, place: int) -> int:
        return self.order[place % len(self.order)]

    def add(self, ids: Sequence[int], rows: Sequence[Values], before: int | None = None) -> None:
        at = len(self.order) if before is None else self.order.index(before)
        self.order[at:at] = ids
        for row_id, cells in zip(ids, rows, strict=True):
            self.values[row_id] = {}
            self.write(row_id, cells)

    def write(self, row_id: int, cells: Values) -> None:
        """Writes values as they are stored; None empties a cell."""
        written = self.values[row_id] | cells
        self.values[row_id] = {column: value for column, value in written.items() if value is not None}

    def move(self, ids: Sequence[int], before: int | None) -> None:
        moved = [row_id for row_id in self.order if row_id in ids]
        rest = [row_id for row_id in self.order if row_id not in ids]
        at = len(rest) if before is None else rest.index(before)
        self.order = [*rest[:at], *moved, *rest[at:]]

    def delete(self, ids: Sequence[int]) -> dict[int, Values]:
        """Returns the values of the rows, by which they come back."""
        self.order = [row_id for row_id in self.order if row_id not in ids]
        return {row_id: self.values.pop(row_id) for row_id in ids}

    def sorted_by_size(self, *, descending: bool) -> list[int]:
        """Returns the ids with rows that have no number last, and rows of the same number in their order."""
        numbers = {row_id: Decimal(str(cells["Size"])) for row_id, cells in self.values.items() if "Size" in cells}
        with_number = [row_id for row_id in self.order if row_id in numbers]
        with_number.sort(key=numbers.__getitem__, reverse=descending)
        return [*with_number, *(row_id for row_id in self.order if row_id not in numbers)]

    def upsert(
        self,
        sent: Sequence[Mapping[str, Any]],
        key: Sequence[str],
        on_match: str,
        keep_blank: bool,
        new_id: Callable[[], int],
    ) -> list[int]:
        """Writes rows one after the other; returns which row each became or matched. Raises Refusal."""
        return [self._upsert(row, key, on_match, keep_blank, new_id) for row in sent]

    def _upsert(
        self, row: Mapping[str, Any], key: Sequence[str], on_match: str, keep_blank: bool, new_id: Callable[[], int]
    ) -> int:
        wanted = [as_key(column, cleaned(column, row.get(column))) for column in key]
        matched = [pk for pk in self.order if [as_key(column, self.values[pk].get(column)) for column in key] == wanted]
        if not any(wanted) or not matched:
            row_id = new_id()
            self.add([row_id], [all_cleaned(row)])
            return row_id
        if on_match == "update":
            cells = {name: value for name, value in row.items() if not keep_blank or value not in (None, "")}
            for row_id in matched:
                self.write(row_id, all_cleaned(cells))
        return min(matched)
