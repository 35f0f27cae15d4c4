"""Find and replace in what people typed: which cells hold a text, and what they become.

Computed columns are left alone. A number stays a number: what a column cannot take is left as it is, and counted.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet

from tables import columns, letters, text_expressions, values
from tables.models import Column, ColumnType, Row, Table
from tables.row_queries import View
from tables.storable import storable
from workspaces.refusals import Refused

MOST_IDS = 10_000  # rows that can be named
COUNTING = 5.0  # seconds; of what is counted longer, so much is told
_READ = 2_000  # rows at once
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,300})(\.\d+)?")

type Values = dict[str, Any]  # {str(column id): value}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and where: in `columns`, else all plain ones; in `ids`, or what is narrowed to."""

    find: str
    match_case: bool = False
    whole_cell: bool = False
    columns: Sequence[int] = ()
    ids: Sequence[int] | None = None
    filter: Sequence[dict[str, Any]] = ()
    search: str = ""
    errors: bool = False


@dataclass(slots=True)
class Found:
    """How many cells hold the text, in how many rows, and of how many the new text is `refused` by their column."""

    cells: int = 0
    rows: int = 0
    refused: int = 0
    reason: str = ""  # of the first that is refused
    complete: bool = True  # False: there are more

    def add(self, changed: Mapping[str, Any], refusals: Sequence[str]) -> None:
        self.cells += len(changed) + len(refusals)
        self.rows += bool(changed or refusals)
        self.refused += len(refusals)
        self.reason = self.reason or next(iter(refusals), "")


class Replacer:
    """Finds the text in rows of a table, and works out what they become."""

    def __init__(self, table: Table, search: Search, replace: str | None) -> None:
        """`replace` is None where the text is only looked for. Raises Refused for a search that makes no sense."""
        if not search.find:
            raise Refused("Enter what to find.", field="find")
        for field, text in (("find", search.find), ("replace", replace)):
            if storable(text) != text:
                words = "No cell can hold the character U+0000, or half of a surrogate pair. Remove it."
                raise Refused(words, field=field)
        if len(search.ids or ()) > MOST_IDS:
            raise Refused(f"Choose at most {MOST_IDS:,} rows, or whole columns.", field="ids")
        self.table = table
        self.search = search
        self._chosen = _columns(table, search.columns)
        self._new_text = _new_text(search, replace)

    def rows(self) -> QuerySet[Row]:
        """Returns rows that may hold the text, and perhaps others, by id."""
        asked = self.search
        view = View(columns.live(self.table), asked.filter, [], asked.search.strip(), asked.errors)
        found = view.rows(self.table).filter(text_expressions.may_hold(asked.find)).order_by("pk")
        return found if asked.ids is None else found.filter(pk__in=asked.ids)

    def changes(self, row: Row) -> tuple[Values, list[str]]:
        """Returns what becomes of the cells of a row that hold the text, and why others refuse the new one."""
        changed: Values = {}
        refusals = []
        for column in self._chosen:
            value = row.values.get(str(column.pk))
            new_text = self._new_text(values.as_text(value)) if _is_text(value) else None
            if new_text is None:
                continue
            try:
                changed[str(column.pk)] = _cleaned(column, value, new_text)
            except Refused as refusal:
                refusals.append(str(refusal))
        return changed, refusals


def count(replacer: Replacer) -> Found:
    """Counts the cells that hold the text; after some seconds it stops and says so."""
    found = Found()
    until = time.monotonic() + COUNTING
    for row in _read(replacer.rows()):
        found.add(*replacer.changes(row))
        if time.monotonic() > until:
            found.complete = False
            break
    return found


def as_json(found: Found) -> dict[str, Any]:
    """Returns what was found, as the API gives it."""
    return asdict(found)


def _read(rows: QuerySet[Row]) -> Iterator[Row]:
    """Yields the rows, some at a time."""
    last = 0
    while some := list(rows.filter(pk__gt=last)[:_READ]):
        yield from some
        last = some[-1].pk


def _columns(table: Table, chosen: Sequence[int]) -> list[Column]:
    """Returns the columns of texts and numbers among those that are chosen; all of them where none is."""
    found = [column for column in columns.live(table) if not chosen or column.pk in chosen]
    plain = [column for column in found if not column.is_computed and column.type != ColumnType.CHECKBOX]
    if not plain:
        raise Refused("Choose a column that people fill: results and checkboxes can't be replaced.", field="columns")
    return plain


def _is_text(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _new_text(search: Search, replace: str | None) -> Callable[[str], str | None]:
    """Returns what makes the new text of a cell: None where the cell does not hold what is looked for, or stays.

    A letter and its accents are one sign: neither is e found in é of two signs, nor é of one passed over.
    """
    flags = re.NOFLAG if search.match_case else re.IGNORECASE
    pattern = re.compile(re.escape(letters.composed(search.find)), flags)

    def new_text(text: str) -> str | None:
        text = letters.composed(text)
        is_there = pattern.fullmatch(text) if search.whole_cell else pattern.search(text)
        if not is_there or replace is None:
            return text if is_there else None
        replaced = replace if search.whole_cell else pattern.sub(lambda _: replace, text)
        return None if replaced == text else replaced

    return new_text


def _cleaned(column: Column, before: object, text: str) -> Any:
    """Returns the new value as it is stored. Raises Refused."""
    value = values.clean(column, text)
    if isinstance(before, str) or not _NUMBER.fullmatch(text):
        return value
    # A number that did not come as text stays one, unless it would lose digits.
    number = json.loads(text)
    return number if values.as_text(number) == text else value
