"""Why rows of a column have no result, by kind: state, HTTP status, code and wording.

A failure is stored with the group of its message: a digest of the wording, which is the message without what differs
from row to row. So the database counts kinds, and finds the rows of one, in an index; the cells are never loaded.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile
from typing import Any, TypedDict

from django.core.cache import cache
from django.db import transaction
from django.db.models import BooleanField, Count, QuerySet
from django.db.models.expressions import RawSQL

from enrichment.models import Run
from tables import row_order, storage
from tables.models import FAILURES, Cell, CellState, Column, Row

MOST_GROUPS = 100  # kinds of their own; the rarer ones are counted together by state, status and code
LONGEST = 300  # characters of a wording
SHOWN = 5  # kinds in the summary of a run
ROWS_SHOWN = 5
MOST_IDS = 10_000  # rows of one kind in one run
SLOW = 0.25  # seconds; a summary that takes longer is kept for a while
REST = 20  # times as long as it took
_BATCH = 1_000  # older failures that are grouped in one transaction
_READ = 4 * LONGEST  # characters of a message that are looked at

_CODE = ("state", "http_status", "error_code")
_GROUP = (*_CODE, "error_group")

# What differs from row to row: quoted text, addresses of people and of sites, paths, and every word with a digit in it.
_VARIES = re.compile(
    r"""“[^”]*”|"[^"]*"|(?<!\w)'[^']*'(?!\w)|https?://\S+|[\w.+-]+@[\w.-]+|[\w-]+(?:\.[\w-]{2,})+|(?<!\S)/\S+"""
    r"""|[\w-]*\d[\w-]*(?:[.,:][\w-]+)*"""
)
_STATUS = re.compile(r"\d{3} · ")
_WORD = re.compile(r"[^\W\d_]{2}")


class Kind(TypedDict):
    state: str
    http_status: int | None
    code: str
    message: str  # what the messages have in common, with … for what differs
    count: int
    row_ids: list[int]  # the first of them


@dataclass(frozen=True, slots=True)
class _Counted:
    code: dict[str, Any]  # state, http_status and error_code
    count: int
    cells: QuerySet[Cell]


def group_of(state: str, message: str) -> str | None:
    """Returns the group that a cell is stored with, None unless it is a failure."""
    if state not in FAILURES:
        return None
    return blake2b(_wording(state, message).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _wording(state: str, message: str) -> str:
    """`404 · no company “Acme” for 17` → `404 · no company … for …`."""
    if state == CellState.MISSING_INPUT:  # names a column, which is the same in every row
        return message[:LONGEST]
    status = _STATUS.match(message)
    start = status.end() if status else 0
    rest = _VARIES.sub("…", message[start:_READ])
    return message[:start] + (rest[: LONGEST - start] if _WORD.search(rest) else "…")


def by_kind(column: Column, run: Run | None = None, most: int | None = None) -> list[Kind]:
    """Returns the kinds of one run, or of all that the column holds now; those with most rows first."""
    cells = Cell.objects.filter(run_id=run.pk) if run else Cell.objects.filter(column=column)
    counted = sorted(_counted_kinds(cells), key=lambda kind: -kind.count)
    # A kind may lose its last row to a run that goes on meanwhile.
    return [kind for kind in map(_as_json, counted[:most]) if kind]


def summary(run: Run) -> list[Kind]:
    """Returns the kinds of a run with most rows; what took long to count is kept for a while."""
    if not (run.failed or run.unknown or run.missing_input):
        return []
    key = f"failures:{run.pk}"
    kinds: list[Kind] | None = cache.get(key)
    if kinds is None:
        started = time.monotonic()
        kinds = by_kind(run.column, run, SHOWN)
        took = time.monotonic() - started
        if took > SLOW:
            cache.set(key, kinds, took * REST)
    return kinds


def row_ids_like(column: Column, row_id: int) -> list[int]:
    """Returns the rows of the same kind as this one, at most MOST_IDS, of more those that ended longest ago; sorted."""
    cells = cells_like(column, row_id).order_by("finished_at", "row_id")
    return sorted(cells.values_list("row_id", flat=True)[:MOST_IDS])


def cells_like(column: Column, row_id: int) -> QuerySet[Cell]:
    """Returns the cells of the same kind as this row's, none when it has not failed."""
    cells = Cell.objects.filter(column=column)
    failure = cells.filter(row_id=row_id, state__in=FAILURES).values(*_GROUP).first()
    if failure is None:
        return cells.none()
    groups = _most_frequent(cells)
    if any(all(group[name] == failure[name] for name in _GROUP) for group in groups):
        return _exactly(cells, failure, _GROUP)
    return _without(_exactly(cells, failure, _CODE), groups)


def with_positions(kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    """Adds where each row is in the table, as `positions`, and leaves out rows that were deleted."""
    row_ids = [pk for kind in kinds for pk in kind["row_ids"]]
    positions = row_order.offsets(Row.objects.filter(pk__in=row_ids))
    live = [[pk for pk in kind["row_ids"] if pk in positions] for kind in kinds]
    return [
        {**kind, "row_ids": row_ids, "positions": [positions[pk] for pk in row_ids]}
        for kind, row_ids in zip(kinds, live, strict=True)
    ]


def _counted_kinds(cells: QuerySet[Cell]) -> Iterator[_Counted]:
    groups = _most_frequent(cells)
    for group in groups:
        yield _Counted(group, group["count"], _exactly(cells, group, _GROUP))
    for code, count in _others(cells, groups):
        yield _Counted(code, count, _without(_exactly(cells, code, _CODE), groups))


def _most_frequent(cells: QuerySet[Cell]) -> list[dict[str, Any]]:
    return list(_count(_grouped(cells), _GROUP)[:MOST_GROUPS])


def _others(cells: QuerySet[Cell], groups: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """Yields how many more there are of each code: of rarer groups, and those that have no group yet."""
    counts = Counter[tuple[Any, ...]]()
    if _ungrouped().exists():
        ungrouped = cells.filter(state__in=FAILURES, error_group=None)
        counts.update({_key(code): code["count"] for code in _count(ungrouped, _CODE)})
    if len(groups) == MOST_GROUPS:
        counts.update({_key(code): code["count"] for code in _count(_grouped(cells), _CODE)})
        counts.subtract(_sums(groups))
    return ((dict(zip(_CODE, key, strict=True)), count) for key, count in counts.items() if count > 0)


def _sums(groups: Iterable[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    sums = Counter[tuple[Any, ...]]()
    for group in groups:
        sums[_key(group)] += group["count"]
    return sums


def _grouped(cells: QuerySet[Cell]) -> QuerySet[Cell]:
    return cells.filter(error_group__isnull=False)


def _key(code: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(code[name] for name in _CODE)


def _count(cells: QuerySet[Cell], fields: Collection[str]) -> QuerySet[Cell, dict[str, Any]]:
    counted: Any = cells.order_by().values(*fields).annotate(count=Count("pk"))  # the plugin loses the annotation
    ordered: QuerySet[Cell, dict[str, Any]] = counted.order_by("-count", *fields)
    return ordered


def _exactly(cells: QuerySet[Cell], values: dict[str, Any], names: Collection[str]) -> QuerySet[Cell]:
    nulls = {f"{name}__isnull": True for name in names if values[name] is None}
    return cells.filter(**nulls, **{name: values[name] for name in names if values[name] is not None})


def _without(cells: QuerySet[Cell], groups: Iterable[dict[str, Any]]) -> QuerySet[Cell]:
    return cells.exclude(error_group__in=[group["error_group"] for group in groups])


def _as_json(kind: _Counted) -> Kind | None:
    first = list(kind.cells.order_by("row_id").values_list("row_id", "error_message")[:ROWS_SHOWN])
    last = kind.cells.order_by("-row_id").values_list("error_message", flat=True).first()
    if not first or last is None:
        return None
    state = kind.code["state"]
    return {
        "state": state,
        "http_status": kind.code["http_status"],
        "code": kind.code["error_code"],
        "message": _in_common(state, first[0][1], last),
        "count": kind.count,
        "row_ids": [row_id for row_id, _ in first],
    }


def _in_common(state: str, one: str, other: str) -> str:
    if one == other:
        return one
    one, other = _wording(state, one), _wording(state, other)
    if one == other:
        return one
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one.split(), other.split(), strict=False))
    return " ".join(word for word, _ in pairs).removesuffix(" …") + " …"


def group_older(seconds: float) -> None:
    """Gives failures from before there were groups theirs, for so long; the next call goes on."""
    until = time.monotonic() + seconds
    more = True
    while more and time.monotonic() < until:
        more = _group_some()


def _group_some() -> bool:
    """Groups up to _BATCH failures of one table; False when none is left."""
    cells = _ungrouped().order_by("column_id")
    table_id = cells.values_list("column__table_id", flat=True)[:1].first()
    if table_id is None:
        return False
    with transaction.atomic():
        storage.lock_table(table_id)  # no result is stored between reading a message and writing its group
        groups: dict[str | None, list[int]] = defaultdict(list)
        messages = cells.values_list("pk", "column__table_id", "state", "error_message")[:_BATCH]
        for pk, of_table, state, message in messages:
            if of_table == table_id:
                groups[group_of(state, message)].append(pk)
        for group, pks in groups.items():
            Cell.objects.filter(pk__in=pks).update(error_group=group)
    return True


def _ungrouped() -> QuerySet[Cell]:
    """Failures from before there were groups. The states are literals, so that SQLite recognizes its index of them."""
    failed = RawSQL("tables_cell.state IN ('failed', 'unknown', 'missing_input')", (), BooleanField())
    return Cell.objects.filter(failed, error_group=None)
