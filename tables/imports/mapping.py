"""Where each column of a file goes: into a column of the table, into a new one, or nowhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

from tables import columns, names
from tables.imports import types
from tables.imports.readers.sheet import Value
from tables.keys import Matching
from tables.models import Column, ColumnType, Table
from workspaces.refusals import Refused


@dataclass(frozen=True, slots=True)
class Choices(Matching):
    """What was chosen for an import: how its rows match, and where its columns go, as {"from", "to", "type"}.

    With "as_text", the column of the table becomes one of texts, so that all values come in as they are written.
    """

    columns: Sequence[Mapping[str, Any]] = ()


@dataclass(slots=True)
class Place:
    """One column of the file and the column of the table that its values go to; a new one has no id before it is saved.

    `convert` gives what is stored for a value; None stores values as they are. An `is_open` column takes the first of
    `types.UNCHANGED` that all of its values have. One that `becomes_text` is in the table already, with another type.
    """

    index: int
    column: Column
    convert: Callable[[Value], object] | None = None
    is_open: bool = False
    becomes_text: bool = False
    has_open_commas: bool = False  # it holds numbers, and nobody said what a comma in them is

    @property
    def key(self) -> str:
        """Returns the key of its values in `Row.values`."""
        return str(self.column.pk)


def places(table: Table | None, found: Sequence[str], choices: Choices) -> list[Place]:
    """Returns where the columns found in a file go, `table` being the one to add to.

    Raises Refused for a choice that does not fit, and for a column that the table lacks and nobody chose a place for.
    """
    chosen = _chosen(found, choices.columns)
    live = columns.live(table) if table else []
    taken = {column.name for column in live}
    placed: list[Place] = []
    unmatched: list[str] = []
    for index, name in enumerate(found):
        choice = chosen.get(name, {"to": name})
        if choice["to"] is None or choice["to"] == "":
            continue
        column = _existing(live, choice["to"], is_name=choice.get("is_new", name not in chosen))
        if column is None and table is not None and name not in chosen:
            unmatched.append(name)
            continue
        if column is None and isinstance(choice["to"], int):  # an id, which is the name of no new column
            raise _refused(f"The column that “{name}” goes into was deleted. Restore it, or choose another one.")
        placed.append(_place(index, column, choice, taken))
    _check(table, placed, unmatched)
    return placed


def _chosen(found: Sequence[str], choices: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    chosen: dict[str, Mapping[str, Any]] = {}
    for choice in choices:
        name = str(choice.get("from", ""))
        if name not in found:
            raise Refused(f"The file has no column “{name[:60]}”. It has: {', '.join(found[:20])}.", field="columns")
        form = choice.get("type")
        if form is not None and form not in types.FORMS:
            raise Refused(f"“{str(form)[:20]}” isn't a type. Use one of {', '.join(types.FORMS)}.", field="columns")
        chosen[name] = {"to": name} | dict(choice)
    return chosen


def _existing(live: Sequence[Column], to: str | int, *, is_name: bool) -> Column | None:
    """Returns the column of the table with this name, or with this id where a number may be one; a name wins."""
    named = next((column for column in live if column.name == to), None)
    return named or next((column for column in live if not is_name and str(column.pk) == str(to)), None)


def _place(index: int, column: Column | None, choice: Mapping[str, Any], taken: set[str]) -> Place:
    form = choice.get("type")
    if column is not None and choice.get("as_text") and column.type != ColumnType.TEXT:
        return Place(index, column, becomes_text=True)
    if column is not None:
        as_it_is = column.type == ColumnType.TEXT and form in (None, "text", "email", "url")
        convert = None if as_it_is else types.converter(column, form or "")
        return Place(index, column, convert, has_open_commas=_has_open_commas(column, form))
    name = names.first_free(names.tidy(str(choice["to"])) or f"Column {index + 1}", taken)
    taken.add(name)
    new = Column(name=name, type=types.FORMS[form or "text"])
    if form is None:
        return Place(index, new, is_open=True)
    convert = None if new.type == ColumnType.TEXT else types.converter(new, form)
    return Place(index, new, convert, has_open_commas=_has_open_commas(new, form))


def _has_open_commas(column: Column, form: str | None) -> bool:
    return column.type == ColumnType.NUMBER and form not in ("number:dot", "number:comma")


def _check(table: Table | None, placed: Sequence[Place], unmatched: Sequence[str]) -> None:
    if table and unmatched:
        listed = ", ".join(f"“{name}”" for name in unmatched[:5])
        words = (
            f"“{table.name}” has no column {listed}. Choose where they go, rename them in the file, or leave them out."
        )
        raise _refused(words)
    for place in placed:
        if place.column.is_computed:
            raise _refused(f"“{place.column.name}” is filled by Marl and cannot be imported. Leave it out of the file.")
    existing = [place.column.pk for place in placed if place.column.pk]
    twice = next((place.column for place in placed if existing.count(place.column.pk) > 1), None)
    if twice:
        raise Refused(f"Two columns of the file go into “{twice.name}”. Choose one.", field="columns")
    if not placed:
        raise Refused("No column of the file goes into the table. Choose a place for at least one.", field="columns")


def _refused(message: str) -> Refused:
    return Refused(message, field="file")


def key_places(placed: Sequence[Place], key: Sequence[str | int]) -> list[Place]:
    """Returns the places of the columns that rows are matched by. Raises Refused for one that the file lacks."""
    found = []
    for wanted in key:
        named = next((place for place in placed if wanted == place.column.name), None)
        place = named or next((place for place in placed if str(wanted) == place.key), None)
        if place is None:
            words = f"No column of the file goes into “{str(wanted)[:60]}”, by which rows are to match."
            raise Refused(words, field="key")
        found.append(place)
    return found


def save_new(placed: Sequence[Place], table: Table) -> None:
    """Gives the new columns to the table that gathers the rows, where a worker before did not; the first is pinned."""
    new = [place.column for place in placed if place.column.pk is None]
    there = dict(Column.objects.filter(table=table).values_list("position", "pk"))
    for position, column in enumerate(new):
        column.table, column.position = table, position
        column.pinned = len(new) == len(placed) and not position
        column.pk = there.get(position)
    if not there:
        Column.objects.bulk_create(new)


def proposed(table: Table | None, found: Sequence[str], rows: Sequence[Sequence[Value]]) -> list[dict[str, Any]]:
    """Returns {"from", "to", "type", "is_new", "values"} for each column of a file, as a person may accept it.

    `to` is the id of a column with this name, or else the name of a new one; None where Marl fills that column.
    """
    live = columns.live(table) if table else []
    by_name = {column.name.casefold(): column for column in reversed(live)}
    exactly = {column.name: column for column in live}
    proposals = []
    for index, name in enumerate(found):
        column = exactly.get(name) or by_name.get(name.casefold())
        seen = [row[index] for row in rows if index < len(row) and row[index] not in (None, "")]
        to = name if column is None else None if column.is_computed else column.pk
        proposal = {"from": name, "to": to, "type": types.guessed(seen), "is_new": column is None, "values": seen[:5]}
        proposals.append(proposal)
    return proposals


def open_days(proposals: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[Value]]) -> list[dict[str, Any]]:
    """Returns a warning for each column whose days are proposed to come before the month, by nothing but habit."""
    warnings = []
    for index, proposal in enumerate(proposals):
        text = types.open_day(proposal["type"], [row[index] for row in rows if index < len(row)])
        if text:
            words = (
                f"“{text}” in “{proposal['from']}” is proposed as a date with the day first, which is a guess. "
                "If the month comes first, choose “Date, month first” for this column."
            )
            warnings.append({"line": None, "message": words})
    return warnings


@dataclass(slots=True)
class OpenTypes:
    """Finds the types of columns for which nobody chose one, while their values pass by.

    `seen` is what `so_far` returned after the values before.
    """

    places: Sequence[Place]
    seen: InitVar[Mapping[str, Sequence[str] | None] | None] = None
    _possible: dict[int, list[str]] = field(init=False)
    _filled: set[int] = field(init=False, default_factory=set)

    def __post_init__(self, seen: Mapping[str, Sequence[str] | None] | None) -> None:
        self._possible = {place.index: list(types.UNCHANGED) for place in self.places if place.is_open}
        for index, forms in (seen or {}).items():
            if forms is not None:
                self._possible[int(index)] = list(forms)
                self._filled.add(int(index))

    def look(self, column: Callable[[int], Iterable[Value]]) -> None:
        """Rules out what more values of the columns, by their index in the file, are not."""
        for index, forms in self._possible.items():
            if not forms:
                continue
            seen = [value for value in column(index) if value not in (None, "")]
            if seen:
                self._filled.add(index)
                forms[:] = [form for form in forms if all(map(types.UNCHANGED[form], seen))]

    def so_far(self) -> dict[str, Sequence[str] | None]:
        """Returns the types that are left for each column, by its index; None where it had no value so far."""
        return {str(index): list(forms) if index in self._filled else None for index, forms in self._possible.items()}

    def settle(self) -> None:
        """Sets the types of the columns."""
        for place in self.places:
            forms = self._possible.get(place.index)
            if forms and place.index in self._filled:
                place.column.type = types.FORMS[forms[0]]
                place.column.save(update_fields=["type"])
