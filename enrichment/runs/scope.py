"""Which rows of a column a run takes: as the API asks for them, as the database keeps them, and as queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from enrichment.models import Run
from enrichment.runs import failures
from tables import cells, row_order, saved_views, stored_rows, view_snapshots
from tables.models import Cell, CellState, Column, Row, Table
from tables.rows import MOST_AT_ONCE
from tables.stored_rows import StoredRow
from workspaces.refusals import Refused

type Word = Literal["all", "missing", "failed", "stale"]
type Kind = Word | Literal["first", "older_than_hours", "ids", "all_but"]

WORDS: tuple[Word, ...] = ("missing", "failed", "stale", "all")
MOST_OF_VIEW = 10_000  # rows
MOST_HOURS = 100_000
_WITH_NUMBER = ("first", "older_than_hours")
_OF_CELLS = ("failed", "stale", "older_than_hours")
_HAS_RESULT = (CellState.DONE, CellState.NO_DATA, CellState.FAILED, CellState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows of a table, by what they hold in the column of the run.

    `all`, `missing` (no result), `failed` and `stale` (out of date) need nothing more; `first` are the `number` rows
    at the top of the table, `older_than_hours` those whose result is older than so many; `ids` and `all_but` name rows
    by their sorted `ids`.
    """

    kind: Kind
    number: int = 0
    ids: tuple[int, ...] = ()

    @classmethod
    def parse(cls, rows: object, column: Column) -> "Scope":
        """Reads the scope of the API. The rows of a view, or that failed like another, are those of this moment.

        Raises Refused for anything else.
        """
        if isinstance(rows, Scope):
            return rows
        for word in WORDS:
            if rows == word:
                return cls(word)
        if isinstance(rows, Mapping) and len(rows) == 1:
            [(name, argument)] = rows.items()
            if scope := _with_argument(name, argument, column):
                return scope
        raise Refused(
            'Say which rows: "missing", "failed", "stale", "all", {"first": 10}, {"older_than_hours": 24}, '
            '{"ids": [1, 2]}, {"all_but": [1, 2]}, {"view": "…"} or {"like": 7}, a row that failed like those.'
        )

    @classmethod
    def of_ids(cls, row_ids: Iterable[int]) -> Self:
        return cls("ids", ids=tuple(sorted({*row_ids})))

    @classmethod
    def of(cls, run: Run) -> Self:
        """Returns the scope as it was stored."""
        if isinstance(run.scope, str):
            return cls(run.scope)  # type: ignore[arg-type]  # stored by as_json
        [(kind, argument)] = run.scope.items()
        return cls(kind, number=argument) if kind in _WITH_NUMBER else cls(kind, ids=tuple(argument))

    def as_json(self) -> str | dict[str, Any]:
        """As the database keeps it and the API shows it."""
        if self.kind in _WITH_NUMBER:
            return {self.kind: self.number}
        if self.kind in ("ids", "all_but"):
            return {self.kind: list(self.ids)}
        return self.kind

    def last_row(self, table_id: int) -> int:
        """Returns the highest row id that the scope reaches now, 0 without rows; later rows have higher ones."""
        rows = row_order.first_rows(table_id, self.number) if self.kind == "first" else None
        rows = Row.objects.filter(table_id=table_id) if rows is None else rows
        return rows.order_by("-pk").values_list("pk", flat=True).first() or 0

    def total(self, run: Run) -> int:
        """Counts the rows of a new run, without reading them where the column's counts say it."""
        if self.kind not in ("all", "first", "missing"):
            return self.row_ids(run).count()
        row_count = Table.objects.values_list("row_count", flat=True).get(pk=run.table_id)
        if self.kind == "missing":
            with_result = Cell.objects.filter(column_id=run.column_id, state__in=_HAS_RESULT).count()
            return max(0, row_count - with_result)
        return min(self.number, row_count) if self.kind == "first" else row_count

    def row_ids(self, run: Run) -> QuerySet[Any, int]:
        """Ids of the rows after the run's cursor, in order, each found by an index."""
        if self.kind in _OF_CELLS:
            return self._cells(run).values_list("row_id", flat=True)
        return self._rows(run).values_list("pk", flat=True)

    def rows(self, run: Run, limit: int) -> list[StoredRow]:
        """Returns the first of these rows, at most as many as one query can name."""
        if self.kind in _OF_CELLS:
            return stored_rows.read(Row.objects.filter(pk__in=list(self.row_ids(run)[:limit])).order_by("pk"))
        return stored_rows.read(self._rows(run)[:limit])

    def covers(self, run: Run, row_ids: Sequence[int]) -> list[int]:
        """Returns those of these rows that the run has still to come to."""
        ahead = [pk for pk in row_ids if run.cursor < pk <= run.last_row]
        if self.kind == "all" or not ahead:
            return ahead
        if self.kind == "first":
            return list(self._rows(run).filter(pk__in=ahead).values_list("pk", flat=True))
        if self.kind in ("ids", "all_but"):
            ids = set(self.ids)
            return [pk for pk in ahead if (pk in ids) == (self.kind == "ids")]
        stored_cells = cells.of_rows(ahead, [run.column_id])
        return [pk for pk in ahead if self._covers_cell(stored_cells.get((pk, run.column_id)))]

    def _covers_cell(self, cell: Cell | None) -> bool:
        if self.kind == "missing":
            return cell is None or cell.state not in _HAS_RESULT
        if self.kind == "older_than_hours":
            return bool(cell and cell.finished_at and cell.finished_at < self._oldest_to_keep())
        return cell is not None and (cell.stale if self.kind == "stale" else cell.state == CellState.FAILED)

    def _cells(self, run: Run) -> QuerySet[Cell]:
        cells = Cell.objects.filter(column_id=run.column_id, row_id__gt=run.cursor, row_id__lte=run.last_row)
        if self.kind == "older_than_hours":
            chosen = cells.filter(state__in=_HAS_RESULT, finished_at__lt=self._oldest_to_keep())
        else:
            chosen = cells.filter(stale=True) if self.kind == "stale" else cells.filter(state=CellState.FAILED)
        return chosen.order_by("row_id")

    def _oldest_to_keep(self) -> datetime:
        return timezone.now() - timedelta(hours=self.number)

    def _rows(self, run: Run) -> QuerySet[Row]:
        rows = Row.objects.filter(table_id=run.table_id, pk__gt=run.cursor, pk__lte=run.last_row).order_by("pk")
        match self.kind:
            case "first":
                return rows.filter(pk__in=row_order.first_rows(run.table_id, self.number).values("pk"))
            case "ids":
                return rows.filter(pk__in=self.ids)
            case "all_but":
                return rows.exclude(pk__in=self.ids)
            case "missing":
                results = Cell.objects.filter(column_id=run.column_id, row_id=OuterRef("pk"), state__in=_HAS_RESULT)
                return rows.filter(~Exists(results))
        return rows


def _with_argument(name: object, argument: object, column: Column) -> Scope | None:
    match name, argument:
        case "first", int(number) if number > 0 and not isinstance(number, bool):
            return Scope("first", number=number)
        case "older_than_hours", int(number) if 0 < number <= MOST_HOURS and not isinstance(number, bool):
            return Scope("older_than_hours", number=number)
        case "ids", list(row_ids) if row_ids and _are_ids(row_ids):
            return Scope.of_ids(int(pk) for pk in row_ids)
        case "all_but", list(row_ids) if len(row_ids) <= MOST_AT_ONCE and _are_ids(row_ids):
            return Scope("all_but", ids=tuple(sorted({int(pk) for pk in row_ids})))
        case "like", row_id if _are_ids([row_id]):
            return _like(column, int(str(row_id)))
        case "view", str(view):
            return _of_view(column, view)
    return None


def _of_view(column: Column, view: str) -> Scope:
    if not saved_views.is_id(view):
        return Scope.of_ids(view_snapshots.row_ids(column.table_id, view, MOST_OF_VIEW))
    row_ids = saved_views.find(column.table, view).row_ids(column.table)
    view_snapshots.check_number(len(row_ids), MOST_OF_VIEW)
    return Scope.of_ids(row_ids)


def _are_ids(row_ids: Collection[object]) -> bool:
    texts = [str(pk) for pk in row_ids]
    return all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts)


def _like(column: Column, row_id: int) -> Scope:
    row_ids = failures.row_ids_like(column, row_id)
    if not row_ids:
        raise Refused(f"Row {row_id} of “{column.name}” hasn't failed, so no rows failed like it.")
    return Scope.of_ids(row_ids)
