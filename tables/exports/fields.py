"""The columns of a file: those of the table, with what belongs to the results of computed ones."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tables import columns, names
from tables.exports import records
from tables.exports.options import Options
from tables.exports.records import Record
from tables.models import Column, Table
from workspaces.refusals import Refused

MOST_FIELDS = 2_000  # of the results of one column
DEEPEST = 16  # levels of objects; what lies deeper stays JSON

type Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the file, and the key of its values in a record."""

    name: str
    key: Any
    type: str = ""


def chosen(table: Table, options: Options) -> list[Column]:
    """Returns the columns of the table that were chosen. Raises Refused for one that it does not have."""
    if options.columns is None:
        return columns.live(table)
    find = columns.by_name_or_id(table)
    found = list(dict.fromkeys(find(name) for name in options.columns))
    if not found:
        raise Refused("Choose at least one column.", field="columns")
    return found


def of(table_columns: Sequence[Column], options: Options, row_ids: Callable[[], Sequence[int]]) -> list[Field]:
    """Returns the columns of a file without objects.

    To find the fields of results it reads all of them in these rows. Raises Refused for more than `MOST_FIELDS`.
    """
    fields: list[Field] = []
    for column in table_columns:
        if column.is_computed and options.flatten:
            fields += _of_results(column, row_ids())
        else:
            fields.append(Field(column.name, str(column.pk), column.type))
        if column.is_computed and options.states:
            fields.append(Field(f"{column.name} state", (column.pk, "state")))
            fields.append(Field(f"{column.name} error", (column.pk, "error")))
    return _once_each(fields)


def flattened(batch: Iterable[Record], computed: Sequence[Column]) -> None:
    """Adds the values of the fields of results to the records."""
    for record in batch if computed else ():
        for column in computed:
            value = record.get(str(column.pk))
            if value is not None:
                for path, leaf in _leaves(value):
                    record[column.pk, path] = leaf


def _of_results(column: Column, ids: Sequence[int]) -> list[Field]:
    paths: dict[Path, None] = {}
    for value in records.results(column.pk, ids):
        paths.update(dict.fromkeys(path for path, _ in _leaves(value)))
        if len(paths) > MOST_FIELDS:
            words = f"The results of “{column.name}” have more than {MOST_FIELDS:,} different fields."
            raise Refused(f"{words} Export them as JSON in one column.", field="flatten")
    # A column without results yet is in the file, too.
    return [Field(".".join((column.name, *path)), (column.pk, path)) for path in paths or [()]]


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yields the path and value of each field; a list is one value, as is an object without fields."""
    if not isinstance(value, dict) or not value or len(path) == DEEPEST:
        yield path, value
        return
    for name, item in value.items():
        yield from _leaves(item, (*path, name))


def _once_each(fields: Sequence[Field]) -> list[Field]:
    """Numbers names that would stand twice in the file: a field can be called like another column."""
    taken: set[str] = {field.name for field in fields if field.type}
    named = []
    for field in fields:
        name = field.name if field.type else names.first_free(field.name, taken)
        taken.add(name)
        named.append(Field(name, field.key, field.type))
    return named
