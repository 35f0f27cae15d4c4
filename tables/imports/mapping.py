"""Which column of the table each column of a file goes to, and the values of a row there."""

from collections.abc import Sequence

from tables import columns
from tables.imports.readers.sheet import Value
from tables.models import Column, Table
from tables.values import storable
from workspaces.refusals import Refused


def new_columns(table: Table, names: Sequence[str]) -> list[str]:
    """Makes a text column for each name; returns their keys in `Row.values`."""
    made = [Column(table=table, name=name, position=position, type="text") for position, name in enumerate(names)]
    return [str(column.pk) for column in Column.objects.bulk_create(made)]


def existing_columns(table: Table, names: Sequence[str]) -> list[str]:
    """Returns the keys in `Row.values` of the columns with these names.

    Raises Refused where one is not in the table, or is computed there.
    """
    by_name = {column.name: column for column in columns.live(table)}
    missing = [name for name in names if name not in by_name]
    if missing:
        listed = ", ".join(f"“{name}”" for name in missing[:5])
        raise _unmatched(f"“{table.name}” has no column {listed}. Rename it in the file, or add it to the table.")
    computed = [name for name in names if by_name[name].is_computed]
    if computed:
        raise _unmatched(f"“{computed[0]}” is filled by Marl and cannot be imported. Leave it out of the file.")
    return [str(by_name[name].pk) for name in names]


def _unmatched(message: str) -> Refused:
    return Refused(message, field="file")


def row_values(keys: Sequence[str], row: Sequence[Value]) -> dict[str, Value]:
    """Returns {key: value} without empty values, as it can be stored."""
    return {key: storable(value) for key, value in zip(keys, row, strict=False) if value is not None and value != ""}
