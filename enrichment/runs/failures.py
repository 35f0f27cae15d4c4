"""Why rows of a column have no result, by kind: state, status, code and wording.

However many they are, the database counts them and they are never loaded. The wordings are learnt from
a few of them, and become patterns (`404 · no company %`) that the others are compared with; what fits none is
counted under its code.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypedDict

from django.core.cache import cache
from django.db.models import BooleanField, Case, Count, F, Func, Min, Q, QuerySet, Value, When

from enrichment.models import Run
from tables import row_order
from tables.models import Cell, CellState, Column, Row

STATES = (CellState.FAILED, CellState.UNKNOWN, CellState.MISSING_INPUT)
GROUPED = ("state", "http_status", "error_code", "wording")
AT_ONCE = 100_000  # cells in one query
SOME_ROWS = tuple(f"row_{rest}" for rest in range(7))
LEARNT_FROM = 500  # cells of each state
MOST_WORDINGS = 20
LONGEST = 300  # characters of a message that are compared
SHOWN = 5  # kinds in the summary of a run
ROWS_SHOWN = 5
MOST_IDS = 10_000  # rows of one kind in one run
SLOW = 0.25  # seconds; what takes longer is not asked at every look
REST = 20  # times as long as it took, until it is asked again

# What differs from row to row: quoted text, addresses of people and of sites, and every word with a digit in it.
_VARIES = re.compile(
    r"""“[^”]*”|"[^"]*"|(?<!\w)'[^']*'(?!\w)|https?://\S+|[\w.+-]+@[\w.-]+|[\w-]+(?:\.[\w-]{2,})+"""
    r"""|[\w-]*\d[\w-]*(?:[.,:][\w-]+)*"""
)
_STATUS = re.compile(r"\d{3} · ")
_WORD = re.compile(r"[^\W\d_]{2}")


class Kind(TypedDict):
    state: str
    http_status: int | None
    code: str
    message: str  # of the first row
    count: int
    row_ids: list[int]  # a few of them


class _Like(Func):
    arg_joiner = " LIKE "
    template = "%(expressions)s ESCAPE '\\'"
    output_field = BooleanField()


def by_kind(column: Column, run: Run | None = None) -> list[Kind]:
    """The most frequent first; of one run, or of all that the column holds now."""
    reached, of_run = _reached(column, run), Q(run_id=run.pk) if run else Q()
    cells, found = reached.filter(of_run), dict[tuple[object, ...], Kind]()
    wording = _wording(cells)
    for window in _windows(reached):
        for group in _counted(window.filter(of_run), wording):
            _add(found.setdefault(tuple(group[name] for name in GROUPED), _nothing_of(group)), group)
    kinds = sorted(found.values(), key=lambda kind: (-kind["count"], kind["state"], kind["code"]))
    firsts = [kind["row_ids"][0] for kind in kinds]
    messages = dict(cells.filter(row_id__in=firsts).values_list("row_id", "error_message"))
    return [{**kind, "message": messages.get(kind["row_ids"][0], "")} for kind in kinds]


def summary(run: Run) -> list[Kind]:
    """The most frequent kinds of a run; what took long to find out is told again for a while."""
    if not (run.failed or run.unknown or run.missing_input):
        return []
    key = f"failures:{run.pk}"
    known: list[Kind] | None = cache.get(key)
    if known is None:
        started = time.monotonic()
        known = by_kind(run.column, run)[:SHOWN]
        took = time.monotonic() - started
        if took > SLOW:
            cache.set(key, known, took * REST)
    return known


def row_ids_like(column: Column, row_id: int) -> list[int]:
    """The rows of the same kind as this one, those first that ended longest ago; at most MOST_IDS, sorted."""
    chosen = cells_like(column, row_id).order_by("finished_at", "row_id")
    return sorted(chosen.values_list("row_id", flat=True)[:MOST_IDS])


def cells_like(column: Column, row_id: int) -> QuerySet[Cell]:
    """The cells of the same kind as this row's, none when it has not failed."""
    reached = _reached(column, None)
    cells = reached.annotate(wording=_wording(reached))
    kind = cells.filter(row_id=row_id).values(*GROUPED).first()
    if kind is None:
        return cells.none()
    chosen = cells.filter(**{name: value for name, value in kind.items() if value is not None})
    return chosen.filter(http_status=None) if kind["http_status"] is None else chosen


def with_positions(kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    """With where each of its rows is in the table, as `positions`; without rows that were deleted."""
    shown = [pk for kind in kinds for pk in kind["row_ids"]]
    found = row_order.offsets(Row.objects.filter(pk__in=shown))
    left = [[pk for pk in kind["row_ids"] if pk in found] for kind in kinds]
    return [
        {**kind, "row_ids": row_ids, "positions": [found[pk] for pk in row_ids]}
        for kind, row_ids in zip(kinds, left, strict=True)
    ]


def _reached(column: Column, run: Run | None) -> QuerySet[Cell]:
    """By the index, the rows that the run can have come to: a small run does not read a large column."""
    cells = Cell.objects.filter(column=column, state__in=STATES)
    if run is None:
        return cells
    if isinstance(run.scope, dict) and "ids" in run.scope:
        cells = cells.filter(row_id__gte=min(run.scope["ids"]))
    return cells.filter(row_id__lte=run.last_row)


def _windows(cells: QuerySet[Cell]) -> Iterator[QuerySet[Cell]]:
    """Of one state each, and of a size that SQLite can group in little memory."""
    for state in STATES:
        rest = cells.filter(state=state).order_by("row_id")
        while last := rest.values_list("row_id", flat=True)[AT_ONCE : AT_ONCE + 1].first():
            yield rest.filter(row_id__lt=last)
            rest = rest.filter(row_id__gte=last)
        yield rest


def _counted(cells: QuerySet[Cell], wording: Case) -> Iterable[dict[str, Any]]:
    # Minima of row ids by their remainder: some rows of each kind without keeping all of them.
    some = {name: Min("row_id", filter=Q(rest=rest)) for rest, name in enumerate(SOME_ROWS)}
    grouped = cells.annotate(wording=wording, rest=F("row_id") % len(SOME_ROWS)).order_by().values(*GROUPED)
    counted: Iterable[dict[str, Any]] = grouped.annotate(count=Count("pk"), **some)
    return counted


def _nothing_of(group: dict[str, Any]) -> Kind:
    return {
        "state": group["state"], "http_status": group["http_status"], "code": group["error_code"],
        "message": "", "count": 0, "row_ids": [],
    }  # fmt: skip


def _add(kind: Kind, group: dict[str, Any]) -> None:
    rows = {group[name] for name in SOME_ROWS if group[name]}
    kind["count"] += group["count"]
    kind["row_ids"] = sorted(rows.union(kind["row_ids"]))[:ROWS_SHOWN]


def _wording(cells: QuerySet[Cell]) -> Case:
    """The number of the pattern that a message fits, 0 for none."""
    told = [pair for state in STATES for pair in _told(cells, state)]
    return Case(
        *(When(_Like(F("error_message"), Value(like)), then=number) for number, like in enumerate(patterns(told), 1)),
        default=0,
    )


def _told(cells: QuerySet[Cell], state: CellState) -> Iterable[tuple[str, str]]:
    return cells.filter(state=state).order_by("row_id").values_list("state", "error_message")[:LEARNT_FROM]


def patterns(told: Iterable[tuple[str, str]]) -> list[str]:
    """The most frequent of (state, message), as LIKE takes them; what says more stands before what says less."""
    found = Counter(filter(None, (_pattern(state, message[:LONGEST]) for state, message in told)))
    return sorted((like for like, _ in found.most_common(MOST_WORDINGS)), key=len, reverse=True)


def _pattern(state: str, message: str) -> str | None:
    """None when nothing but what differs from row to row is in it."""
    status = _STATUS.match(message)
    start = status.end() if status else 0
    # A missing input names a column, which is the same in every row.
    parts = [message[start:]] if state == CellState.MISSING_INPUT else _VARIES.split(message[start:])
    if not any(_WORD.search(part) for part in parts):
        return None
    parts[0] = message[:start] + parts[0]
    cut = "%" if len(message) == LONGEST else ""
    return "%".join(re.sub(r"([\\%_])", r"\\\1", part) for part in parts) + cut
