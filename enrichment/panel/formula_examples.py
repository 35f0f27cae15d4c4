"""Formulas to begin from, over the columns of a table: whoever reads one can take it as it stands."""

from collections.abc import Sequence

from enrichment.engine.template import references
from tables.models import Column, ColumnType

_BY_TYPE = {
    ColumnType.NUMBER: '{} > 50 ? "big" : "small"',
    ColumnType.TEXT: "UPPER({})",
    ColumnType.DATE: 'moment({}).format("YYYY")',
    ColumnType.HTTP: '{}?.address?.city || "unknown"',
    ColumnType.LOOKUP: '{} || "unknown"',
}
_STAND_INS = [("Employees", ColumnType.NUMBER), ("Country", ColumnType.TEXT), ("Founded", ColumnType.DATE)]


def of_columns(columns: Sequence[Column]) -> list[str]:
    """Returns one for each type that the columns have, and one that joins two texts. Without any, names stand in."""
    named = [(column.name, ColumnType(column.type)) for column in columns if column.type in _BY_TYPE] or _STAND_INS
    first = {kind: name for name, kind in reversed(named)}
    found = [example.format(_reference(first[kind])) for kind, example in _BY_TYPE.items() if kind in first]
    texts = [_reference(name) for name, kind in named if kind == ColumnType.TEXT]
    return [*found, ' + " " + '.join(texts[:2])] if len(texts) > 1 else found


def _reference(name: str) -> str:
    return "{{" + references.escaped(name) + "}}"
