"""Where the fields of an API's items go: each path into a column of a table that people fill.

For everything that makes rows of the items of a list: sources, and rows from a list. `checked` reads what was chosen,
`as_stored` and `of_stored` keep it by column id, `values` makes the values of a row, and `proposed` offers what items
have. Settings look like [{"path": "address.city", "column": "City"}]; the path `$` is the whole item, and "type" makes
the column where the table has none of this name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import paths
from enrichment.engine.template.paths import MISSING, Path
from tables import columns as table_columns
from tables import names
from tables.imports import types
from tables.models import Column, Table
from tables.storable import storable
from workspaces.refusals import Refused

ITEM = "$"  # the path of the item itself
FIELD = "columns"  # of the settings, as problems name it
MOST_OFFERED = 200  # fields
_DEEPEST = 4  # objects inside each other whose fields are offered
_SHOWN = 3  # values of a field


@dataclass(frozen=True, slots=True)
class Field:
    """A path, and the column that its value goes into; one that is still to be made has no id."""

    path: Path
    column: Column


def checked(table: Table, given: Sequence[Mapping[str, Any]]) -> list[Field]:
    """Returns where the fields go. Raises InvalidSettings with every problem at `columns.<number>.…`."""
    find = table_columns.by_name_or_id(table)
    problems: list[Problem] = []
    fields: list[Field] = []
    for number, item in enumerate(given):
        at = f"{FIELD}.{number}"
        path, column = _path(item, at, problems), _column(table, find, item, at, problems)
        if path is None or column is None:
            continue
        if column.is_computed:
            problems.append(_problem(f"“{column.name}” is filled by Marl. Choose another column.", f"{at}.column"))
        elif any(_same(column, field.column) for field in fields):
            words = f"Two fields go into “{column.name}”. Choose another column for one of them."
            problems.append(_problem(words, f"{at}.column"))
        fields.append(Field(path, column))
    if problems:
        raise InvalidSettings(problems)
    return fields


def _path(item: Mapping[str, Any], at: str, problems: list[Problem]) -> Path | None:
    text = item.get("path")
    if not isinstance(text, str) or not text.strip():
        problems.append(_problem("Enter the path of the field, such as address.city.", f"{at}.path"))
        return None
    try:
        return paths.compile(text)
    except InvalidSettings as error:
        problems += [replace(problem, field=f"{at}.path") for problem in error.problems]
        return None


def _column(table: Table, find: Any, item: Mapping[str, Any], at: str, problems: list[Problem]) -> Column | None:
    wanted, form = item.get("column"), item.get("type")
    if not isinstance(wanted, str | int) or isinstance(wanted, bool) or not str(wanted).strip():
        problems.append(_problem("Choose the column that the values go into.", f"{at}.column"))
        return None
    if form is not None and form not in types.FORMS:
        problems.append(_problem(f"Choose one of {', '.join(types.FORMS)}.", f"{at}.type"))
        return None
    try:
        is_name = form is not None and isinstance(wanted, str)  # of a column that may be new
        found: Column = find(f"{table_columns.BY_NAME}{wanted}" if is_name else wanted)
    except Refused as refusal:
        if form is None or isinstance(wanted, int):
            problems.append(Problem(str(refusal), f"{at}.column", fix="Choose another one, or give it a type."))
            return None
        return Column(table=table, name=names.tidy(wanted), type=types.FORMS[form])
    return found


def _same(one: Column, other: Column) -> bool:
    return one.pk == other.pk if one.pk and other.pk else one.name == other.name


def _problem(message: str, field: str) -> Problem:
    return Problem(message, field)


def save_new(fields: Sequence[Field]) -> list[Field]:
    """Makes the columns that are not there yet. Raises Refused where there is no room for them."""
    return [
        field
        if field.column.pk
        else Field(field.path, table_columns.create(field.column.table, field.column.name, field.column.type))
        for field in fields
    ]


def as_stored(fields: Iterable[Field]) -> list[dict[str, Any]]:
    """Returns [{"path", "column": id}]."""
    return [{"path": field.path.text, "column": field.column.pk} for field in fields]


def of_stored(table: Table, stored: Sequence[Mapping[str, Any]]) -> list[Field]:
    """Returns the fields whose columns are there; those of deleted columns go nowhere until these are restored."""
    live = {column.pk: column for column in table_columns.live(table)}
    return [Field(paths.compile(item["path"]), live[item["column"]]) for item in stored if item["column"] in live]


def as_shown(table: Table, stored: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns [{"path", "column": name}] of the columns that are there."""
    return [{"path": field.path.text, "column": field.column.name} for field in of_stored(table, stored)]


def values(fields: Iterable[Field], item: object) -> dict[str, Any]:
    """Returns {name of a column: its value of this item}, None where the item has none.

    Raises RowError for a JSONPath that is too much work.
    """
    found = {field.column.name: field.path.get(item) for field in fields}
    return {name: None if value is MISSING else value for name, value in found.items()}


def proposed(table: Table, items: Sequence[object]) -> list[dict[str, Any]]:
    """Returns what these items have, as {"path", "name", "type", "column", "values"} in their order.

    `column` is the name of the column of this name that people fill, None where there is none; `values` are the first
    ones. Fields of objects are offered, those of lists are not.
    """
    found: dict[str, list[Any]] = {}
    for item in items:
        for path, value in _leaves(item, "", 0):
            if path in found or len(found) < MOST_OFFERED:
                found.setdefault(path, []).append(storable(value))
    live = table_columns.live(table)
    by_name = {column.name.casefold(): column.name for column in live if not column.is_computed}
    taken = {column.name for column in live}
    proposals = []
    for path, seen in found.items():
        column = by_name.pop(_last_key(path).casefold(), None) or by_name.pop(named(path).casefold(), None)
        name = column or names.first_free(named(path), taken)
        taken.add(name)
        filled = [value for value in seen if value not in (None, "")]
        form, first = types.guessed(filled), filled[:_SHOWN]
        proposals.append({"path": path, "name": name, "type": form, "column": column, "values": first})
    return proposals


def _leaves(value: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict) or not value or depth == _DEEPEST:
        yield path or ITEM, value
        return
    for key, inner in value.items():
        yield from _leaves(inner, paths.below(path, key), depth + 1)


def named(path: str) -> str:
    """Returns what a column for the field is called, as in the browser: "employee_count" → "Employee count"."""
    words = re.split(r"[\s_-]+", re.sub(r"([a-z\d])([A-Z])", r"\1 \2", _last_key(path)))
    text = " ".join(word if re.fullmatch(r"[A-Z\d]+", word) else word.lower() for word in words if word)
    return names.tidy(text[:1].upper() + text[1:]) or "Field"


def _last_key(path: str) -> str:
    steps = () if path == ITEM else paths.compile(path).steps
    return str(steps[-1]) if steps else "Value"
