"""Tables that JSON writes otherwise than as a list of objects: by columns, or with the names apart from the rows."""

from typing import Any, NamedTuple

_NAMES = ("columns", "header", "headers", "fields", "names")


class NamesApart(NamedTuple):
    """The lists of `{"columns": ["name", "age"], "data": [["Sam", 3], ["Ola", 4]]}`."""

    names: list[str]
    names_key: str
    rows: list[list[Any]]
    rows_key: str


def columns_of(value: Any) -> dict[str, list[Any]] | None:
    """Returns the columns of an object of lists of one length, or of objects with numbers for keys, as pandas writes.

    `{"name": ["Sam", "Ola"]}` and `{"name": {"0": "Sam", "1": "Ola"}}` are the same table.
    """
    if not isinstance(value, dict) or len(value) < 2:
        return None
    columns = {name: _column(part) for name, part in value.items()}
    lengths = {len(column) if column else 0 for column in columns.values()}
    return {name: column or [] for name, column in columns.items()} if len(lengths) == 1 and min(lengths) > 1 else None


def _column(part: Any) -> list[Any] | None:
    if isinstance(part, dict) and all(key == str(number) for number, key in enumerate(part)):
        return list(part.values())
    return part if isinstance(part, list) else None


def names_apart(value: Any) -> NamesApart | None:
    """Returns the names and the rows of an object that has a list of each, where a row has a value for each name."""
    if not isinstance(value, dict):
        return None
    grids = {key: part for key, part in value.items() if _is_grid(part)}
    if len(grids) != 1:
        return None
    [(rows_key, rows)] = grids.items()
    fitting = [key for key, part in value.items() if _are_names(part, len(rows[0]))]
    names_key = next((key for key in fitting if key in _NAMES), fitting[0] if len(fitting) == 1 else None)
    return None if names_key is None else NamesApart(value[names_key], names_key, rows, rows_key)


def _is_grid(part: Any) -> bool:
    """Whether these are lists of one length."""
    is_of_lists = isinstance(part, list) and bool(part) and all(isinstance(row, list) for row in part)
    return is_of_lists and len(part[0]) > 0 and len({len(row) for row in part}) == 1


def _are_names(part: Any, number: int) -> bool:
    is_of_texts = isinstance(part, list) and all(isinstance(name, str) for name in part)
    return is_of_texts and len(part) == len(set(part)) == number
