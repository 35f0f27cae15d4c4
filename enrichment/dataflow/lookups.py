"""Look-up columns computed for rows in memory: which rows of another table match, and what is taken of them.

What rows look for is stored before the other table is read. Whoever changes that reads what is looked for after it has
stored its change, so that one of the two sees the other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Protocol

from django.db import transaction

from enrichment import graph
from enrichment.dataflow import inputs, match_keys
from enrichment.dataflow.inputs import NoResult, Values
from enrichment.dataflow.outcomes import Ended, at_path, unavailable
from enrichment.engine.errors import InvalidSettings, Problem, RowError
from enrichment.engine.template import paths, references
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import Hole, Names, Unavailable
from enrichment.engine.template.values import as_text
from enrichment.models import ROW, LookupColumn, SoughtKey
from tables.models import CellState, Row, Table
from tables.stored_rows import StoredRow

MOST_LISTED = 1_000  # rows that a list takes its values from
_TRIED = 10  # rows of a key that are looked at for the first one: some may have changed since it was stored
_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters
NO_MATCH = "no_match"  # the error code of a row for which there is none

type Rows = Sequence[tuple[int, Mapping[int, object]]]  # (row id, {column id: value})
type Found = Mapping[str, Sequence[Values]]  # {text: values of the rows that match it, in order}


@dataclass(frozen=True, slots=True)
class Lookup:
    """The settings of a look-up, parsed."""

    column_id: int | None  # None: not saved
    target_id: int
    target: str  # the name of the other table
    match_id: int
    match_type: str  # of that column
    parts: tuple[str | Hole, ...]  # of the text that is compared
    take_id: int | None
    path: Path | None
    many: str

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column of its own table that it needs."""
        return frozenset(part.column_id for part in self.parts if isinstance(part, Hole) and part.column_id)

    @property
    def most(self) -> int:
        """How many rows of a key are read."""
        return MOST_LISTED + 1 if self.many == LookupColumn.Many.LIST else _TRIED

    def text(self, values: Mapping[int, object]) -> str | Unavailable:
        """Returns what is looked for in a row. Raises RowError."""
        pieces = []
        for part in self.parts:
            value = part if isinstance(part, str) else part.value(values, {})
            if isinstance(value, Unavailable):
                return value
            pieces.append("" if value is MISSING else as_text(value))
        return match_keys.text_of("".join(pieces), self.match_type)


def compiled(settings: LookupColumn, names: Names) -> Lookup:
    """Returns the settings parsed; `names` are the columns of its own table.

    Raises InvalidSettings with every problem at its field, of what is gone with its name.
    """
    problems: list[Problem] = []
    target = Table.objects.filter(pk=settings.target_id, workspace_id=settings.column.table.workspace_id).first()
    if target is None or not target.ready:
        problems.append(_gone("table", name_of(target) if target else settings.names.get("table", ""), "table_id"))
    else:
        problems += _gone_columns(settings, target)
    text = references.to_shown(settings.value, names)
    parts, found = references.parse(text, names)
    problems += [replace(problem, field="match.value") for problem in found]
    if not text.strip():
        words = "Say what is looked for, such as {{Website}}."
        problems.append(Problem(words, field="match.value"))
    path: Path | None = None
    try:
        path = paths.compile(settings.take_path) if settings.take_path else None
    except InvalidSettings as error:
        problems += [replace(problem, field="take") for problem in error.problems]
    if target is None or problems:
        raise InvalidSettings(problems)
    many, take_id = settings.many, settings.take_id
    return Lookup(
        column_id=settings.column_id,
        target_id=target.pk,
        target=name_of(target),
        match_id=settings.match_id,
        match_type=match_keys.type_of(settings.match_id),
        parts=tuple(parts),
        take_id=take_id,
        path=path,
        many=many,
    )


def name_of(target: Table) -> str:
    """Returns what a table is called in words about looked-up values, which people read who may not find it."""
    return "another table" if target.is_restricted else target.name


def _gone_columns(settings: LookupColumn, target: Table) -> list[Problem]:
    there, of_target = graph.names_of(target.pk), f"” of “{name_of(target)}"
    wanted = {"match": settings.match_id, "take": settings.take_id}
    return [
        _gone("column", there.deleted.get(pk, settings.names.get(field, "")) + of_target, _FIELDS[field])
        for field, pk in wanted.items()
        if pk not in (None, ROW) and pk not in there
    ]


_FIELDS = {"match": "match.column", "take": "take"}


def _gone(what: str, name: str, field: str) -> Problem:
    words = f"The {what} “{name}” was deleted. Restore it, or choose another one."
    return Problem(words, field=field, reference=name)


class Search(Protocol):
    """Finds rows of the other table by the text of their value in the column that is compared."""

    def row_ids(self, lookup: Lookup, texts: Collection[str]) -> dict[str, list[int]]:
        """Returns {text: ids of rows that may match, the one that was added first in front}."""
        ...

    def numbers(self, lookup: Lookup, texts: Collection[str]) -> dict[str, int]:
        """Returns {text: how many rows match}."""
        ...


class ByKey:
    """Searches by the stored keys."""

    def row_ids(self, lookup: Lookup, texts: Collection[str]) -> dict[str, list[int]]:
        keys = _keys(texts)
        found = match_keys.found(lookup.match_id, set(keys.values()), lookup.most) if keys else {}
        return {text: found.get(key, []) for text, key in keys.items()}

    def numbers(self, lookup: Lookup, texts: Collection[str]) -> dict[str, int]:
        keys = _keys(texts)
        numbers = match_keys.counts(lookup.match_id, set(keys.values()))
        return {text: numbers.get(key, 0) for text, key in keys.items()}


def _keys(texts: Collection[str]) -> dict[str, int]:
    return {text: key for text in texts if (key := match_keys.key_of(text)) is not None}


def look_up(lookup: Lookup, rows: Rows, search: Search | None = None) -> list[Ended]:
    """Returns a result for each (row id, values); stores what the rows of a saved look-up look for.

    With `search`, nothing is stored.
    """
    results, texts = _texts(lookup, rows)
    if lookup.column_id is not None and search is None:
        _note_sought(lookup.column_id, {row_id: texts.get(row_id, "") for row_id, _ in rows})
    search = search or ByKey()
    wanted = {text for text in texts.values() if text}
    if lookup.many == LookupColumn.Many.COUNT and lookup.match_id != ROW:
        numbers = search.numbers(lookup, wanted)
        results |= {row_id: _counted(row_id, text, numbers) for row_id, text in texts.items()}
    else:
        found = _found(lookup, wanted, search)
        near = _near(lookup, [text for text in wanted if not found.get(text)], search)
        results |= {
            row_id: _taken(lookup, row_id, found.get(text, ()), near.get(text, "")) for row_id, text in texts.items()
        }
    return [results[row_id] for row_id, _ in rows]


def _texts(lookup: Lookup, rows: Rows) -> tuple[dict[int, Ended], dict[int, str]]:
    """Returns results of rows that look for nothing because an input failed, and what the others look for."""
    results: dict[int, Ended] = {}
    texts: dict[int, str] = {}
    for row_id, values in rows:
        try:
            text = lookup.text(values)
        except RowError as error:
            results[row_id] = Ended(row_id, CellState.FAILED, None, error.code, error.message)
            continue
        if isinstance(text, Unavailable):
            results[row_id] = unavailable(row_id, text)
        else:
            texts[row_id] = text
    return results, texts


def _note_sought(lookup_id: int, texts: Mapping[int, str]) -> None:
    keys = {row_id: match_keys.key_of(text) for row_id, text in texts.items()}
    with transaction.atomic():
        LookupColumn.objects.select_for_update().filter(pk=lookup_id).first()
        match_keys.store(SoughtKey, lookup_id, keys)


def _found(lookup: Lookup, texts: Collection[str], search: Search) -> Found:
    """Returns the rows whose value is the text right now: keys are digests, and of what the rows held before."""
    row_ids = search.row_ids(lookup, texts)
    values = values_of(lookup, {row_id for of_text in row_ids.values() for row_id in of_text})
    return {
        text: [
            values[row_id]
            for row_id in of_text
            if row_id in values and match_keys.text_of(values[row_id].get(lookup.match_id), lookup.match_type) == text
        ]
        for text, of_text in row_ids.items()
    }


def _near(lookup: Lookup, texts: Sequence[str], search: Search) -> dict[str, str]:
    """Returns {text: how else its number or date is there} of some that nothing matches, for columns of texts."""
    if lookup.match_id == ROW or lookup.match_type in match_keys.TYPED:
        return {}
    forms = {text: others for text in texts if (others := match_keys.other_forms(text))}
    there = _found(lookup, {form for others in forms.values() for form in others}, search) if forms else {}
    near = {text: next((form for form in others if there.get(form)), "") for text, others in forms.items()}
    return {text: form for text, form in near.items() if form}


def values_of(lookup: Lookup, row_ids: Collection[int]) -> dict[int, Values]:
    """Returns what the look-up compares and takes of these rows of the other table, {row id: {column id: value}}."""
    columns = {lookup.match_id, lookup.take_id or lookup.match_id}
    values: dict[int, Values] = {}
    for batch in batched(sorted(row_ids), _AT_ONCE):
        stored = Row.objects.filter(pk__in=batch).values_list("table_id", "pk", "values")
        rows = [StoredRow(pk, of_row) for table_id, pk, of_row in stored if table_id == lookup.target_id]
        values |= inputs.as_stored(rows, lookup.target_id, columns)
    for row_id, of_row in values.items():
        of_row[ROW] = row_id
    return values


def _no_match(row_id: int, near: str = "") -> Ended:
    words = "No match"
    if near:
        how = "texts match only if they are written alike. Give that column the type of a number or a date"
        words = f"No match, but “{near}” is there: {how}, or write both alike."
    return Ended(row_id, CellState.NO_DATA, None, NO_MATCH, words)


def _counted(row_id: int, text: str, numbers: Mapping[str, int]) -> Ended:
    return Ended(row_id, CellState.DONE, numbers[text]) if text else _no_match(row_id)


def _taken(lookup: Lookup, row_id: int, matches: Sequence[Values], near: str) -> Ended:
    if not matches:
        return _no_match(row_id, near)
    if lookup.many == LookupColumn.Many.COUNT:
        return Ended(row_id, CellState.DONE, len(matches))
    if lookup.many == LookupColumn.Many.FIRST:
        return _at(lookup, row_id, matches[0])
    if len(matches) > MOST_LISTED:
        words = f"More than {MOST_LISTED:,} rows match. Take the first one, count them, or match by something rarer."
        return Ended(row_id, CellState.FAILED, None, "too_many", words)
    taken = [_at(lookup, row_id, values) for values in matches]
    without = next((result for result in taken if result.state not in (CellState.DONE, CellState.EMPTY)), None)
    return without or Ended(
        row_id, CellState.DONE, [result.value for result in taken if result.state == CellState.DONE]
    )


def _at(lookup: Lookup, row_id: int, values: Values) -> Ended:
    value = values.get(lookup.take_id or lookup.match_id)
    if isinstance(value, NoResult):
        return unavailable(row_id, replace(value, column=f"{value.column} in {lookup.target}"))
    if lookup.path is None:
        return Ended(row_id, CellState.EMPTY if value in (None, "") else CellState.DONE, value)
    return at_path(row_id, value, lookup.path)
