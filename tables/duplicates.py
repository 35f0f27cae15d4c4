"""Rows that are there more than once: groups of rows with the same key, found and merged into one row each."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched, chain, pairwise
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tables import alike_rows, columns, deletions, dispatch, events, rows, storage
from tables.alike_rows import ALIKE, KEPT, Criteria
from tables.long_work import Report, Stopped, silent
from tables.models import Column, Deletion, Edit, Table
from workspaces import audit
from workspaces.refusals import Refused

KEEPS = ("first", "last", "fullest")
LISTED = 100  # rows of a group whose ids are returned
MOST_CELLS = 10_000  # that were filled and are returned
_BATCH = 2_000  # groups that are filled at once
_MERGED = 2_000  # rows that are compared again, and merged, in one transaction, for which others wait
LARGE = 50_000  # rows of a table from which on a worker searches and merges
_FETCHED = 2_000  # rows at once

type Filling = tuple[int, int, Any]  # (row id, column id, value) of a blank cell that was filled

_RANKS = {"first": "r.position", "last": "r.position DESC", "fullest": "{filled} DESC, r.position"}


@dataclass(slots=True)
class Group:
    """Rows with the same key: how many, the ids of the first ones in order, and {keep: id of the row that stays}."""

    count: int
    row_ids: list[int]
    kept: dict[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """How many groups there are, how many rows these have, and some of the groups in the order of the table."""

    groups: int
    rows: int
    items: list[Group]


@dataclass(slots=True)
class Groups:
    """All groups in the order of the table, as plain numbers: a table can have half a million of them.

    `row_ids` has the rows of one group after the other, `ends` where in it each group ends, and `kept` the ids of the
    rows that stay: the first, the last and the fullest one of each group, as in `KEEPS`.
    """

    row_ids: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    kept: array[int] = field(default_factory=lambda: array("q"))

    def begin(self, row_id: int) -> None:
        """Adds a group with its first row."""
        self.row_ids.append(row_id)
        self.ends.append(len(self.row_ids))
        self.kept.extend([row_id] * len(KEEPS))

    def add(self, row_id: int, *, is_fullest: bool) -> None:
        """Adds the next row of the last group."""
        self.row_ids.append(row_id)
        self.ends[-1] += 1
        self.kept[-2] = row_id
        if is_fullest:
            self.kept[-1] = row_id

    def window(self, offset: int, limit: int) -> Found:
        """Returns the groups at `limit` offsets from `offset` on."""
        first = self.ends[offset - 1] if 0 < offset <= len(self.ends) else 0
        ends = self.ends[offset : offset + limit]
        kept = self.kept[offset * len(KEEPS) : (offset + limit) * len(KEEPS)]
        rows_of = [self.row_ids[start : min(end, start + LISTED)] for start, end in pairwise([first, *ends])]
        return Found(len(self.ends), len(self.row_ids), listed(first, ends, rows_of, kept))


def listed(first: int, ends: Sequence[int], row_ids: Sequence[Sequence[int]], kept: Sequence[int]) -> list[Group]:
    """Returns groups, given where the first one begins, where each ends, their first rows, and those that stay."""
    stays = batched(kept, len(KEEPS))
    return [
        Group(end - start, list(some), dict(zip(KEEPS, ids, strict=True)))
        for (start, end), some, ids in zip(pairwise([first, *ends]), row_ids, stays, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Merged:
    """How many groups became one row, how many rows were deleted and blank cells filled, and what undoes that.

    `cells` are (row id, column id) of those that were filled, None for more than `MOST_CELLS`, and `values` theirs.
    """

    merged: int
    deleted: int
    filled: int
    cells: list[tuple[int, int]] | None
    values: list[Any] | None
    deletion: Deletion | None


def look(table: Table, how: Criteria, report: Report = silent) -> Groups:
    """Returns all groups of rows with the same key. Raises Stopped if `report` does."""
    with alike_rows.temporary_tables():
        alike_rows.suspect(table, how, report)
        alike_rows.compare(table, how, report)
        return _grouped(table, report)


def merge(table: Table, how: Criteria, keep: str, *, fill_blanks: bool) -> Merged:
    """Keeps one row of each group and moves the others into the trash. Raises Refused for an unknown `keep`.

    With `fill_blanks`, the blank values of the row that stays are filled from the others, from the first one that has
    a value. Its results stay, and are out of date if an input was filled.
    """
    _check(keep)
    with alike_rows.temporary_tables():
        alike_rows.suspect(table, how)
        with transaction.atomic():
            storage.lock_table(table.pk)
            alike_rows.compare(table, how)
            groups, filled, fillings = _merge(table, keep, fill_blanks=fill_blanks)
            row_ids = _others()
            deletion = rows.delete(table, row_ids)
    is_listed = filled <= MOST_CELLS
    cells, values = (_cells(fillings), _values(fillings)) if is_listed else (None, None)
    return Merged(groups, len(row_ids), filled, cells, values, deletion)


def start_merge(table: Table, how: Criteria, keep: str, *, fill_blanks: bool) -> Deletion:
    """Lets a worker merge the rows of a large table; the deletion has its progress, and then what came of it."""
    _check(keep)
    with transaction.atomic():
        deletion = deletions.record(Deletion.Kind.ROWS, table, name="", at=timezone.now())
        choices = {"columns": how.ids, "match": how.match, "keep": keep, "fill_blanks": fill_blanks}
        deletions.begin(deletion, Deletion.Move.MERGING, None, choices)
        dispatch.send(deletions.MOVE_TASK, deletion.pk)
    return deletion


def _check(keep: str) -> None:
    if keep not in KEEPS:
        raise Refused(f"The row to keep is either of: {', '.join(KEEPS)}.", field="keep")


def merge_rows(deletion_id: int) -> None:
    """Merges some groups after the other, each in a transaction that compares their rows once more.

    If it stops halfway, some groups are merged and the others are not, and it goes on with them.
    """
    deletion = Deletion.objects.select_related("table").get(pk=deletion_id)
    report = partial(deletions.report, deletion_id, Deletion.Move.MERGING)
    try:
        how = Criteria.of(deletion.table, deletion.moved["columns"], deletion.moved["match"])
        with alike_rows.temporary_tables():
            alike_rows.suspect(deletion.table, how, report)
            alike_rows.compare(deletion.table, how, report)
            Deletion.objects.filter(pk=deletion_id).update(rows_total=deletion.rows + alike_rows.set_aside())
            for stretch in alike_rows.stretches(_MERGED):
                _merge_groups(deletion_id, how, stretch)
    except Stopped:
        return
    except Refused as refusal:  # a column was deleted meanwhile
        deletions.end(deletion, str(refusal))
        return
    with deletions.held(deletion_id, Deletion.Move.MERGING) as merged:
        if merged:
            deletions.end(merged)
            audit.note(merged.workspace_id, "table.rows_deleted", merged.table.name, merged.table_id, rows=merged.rows)


def _merge_groups(deletion_id: int, how: Criteria, stretch: tuple[int, int]) -> None:
    """Merges the groups whose first rows have ids between these. Raises Stopped."""
    with deletions.held(deletion_id, Deletion.Move.MERGING) as deletion:
        if deletion is None:
            raise Stopped
        table, choices = deletion.table, deletion.moved
        alike_rows.suspect_again(stretch)
        alike_rows.compare(table, how)
        groups, filled, fillings = _merge(table, choices["keep"], fill_blanks=choices["fill_blanks"])
        row_ids = _others()
        if row_ids:
            rows.delete_into(deletion, row_ids)
        choices["merged"] = _added_up(choices.get("merged"), groups, len(row_ids), filled, fillings)
        Deletion.objects.filter(pk=deletion_id).update(moved=choices)
        transaction.on_commit(partial(events.publish_rows, table.pk))


def _merge(table: Table, keep: str, *, fill_blanks: bool) -> tuple[int, int, list[Filling]]:
    """Chooses the rows that stay and fills them; returns how many groups and filled cells there are, and these."""
    _keep(table, keep)
    groups, _ = _totals()
    return groups, *(_fill(table) if fill_blanks else (0, []))


def _added_up(
    before: dict[str, Any] | None, groups: int, deleted: int, filled: int, fillings: list[Filling]
) -> dict[str, Any]:
    """Returns what a merge has done so far, like the answer to a small one."""
    total: dict[str, Any] = {"merged": 0, "deleted": 0, "filled": 0, "cells": [], "values": []}
    total |= before or {}
    is_listed = total["filled"] + filled <= MOST_CELLS and total["cells"] is not None
    return {
        "merged": total["merged"] + groups,
        "deleted": total["deleted"] + deleted,
        "filled": total["filled"] + filled,
        "cells": [*total["cells"], *_cells(fillings)] if is_listed else None,
        "values": [*total["values"], *_values(fillings)] if is_listed else None,
    }


def _cells(fillings: Sequence[Filling]) -> list[tuple[int, int]]:
    return [(row_id, column_id) for row_id, column_id, _ in fillings]


def _values(fillings: Sequence[Filling]) -> list[Any]:
    return [value for _, _, value in fillings]


def _totals() -> tuple[int, int]:
    """Returns how many groups there are, and how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(DISTINCT digest), COUNT(*) FROM {ALIKE}")  # noqa: S608
        groups, number = cursor.fetchone()
    return groups, number


def _grouped(table: Table, report: Report) -> Groups:
    """Reads the groups in the order of their first rows."""
    groups = Groups()
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT MIN(r.position) OVER (PARTITION BY d.digest) AS first, d.digest, d.row_id, {_filled(table)}"  # noqa: S608
            f" FROM {ALIKE} d JOIN tables_row r ON r.id = d.row_id ORDER BY first, d.digest, r.position"
        )
        digest, most = None, 0
        for number, (_, own, row_id, filled) in enumerate(
            chain.from_iterable(iter(lambda: cursor.fetchmany(_FETCHED), []))
        ):
            if number % _FETCHED == 0:
                report(table.row_count)
            if own != digest:
                groups.begin(row_id)
                digest, most = own, filled
            else:
                groups.add(row_id, is_fullest=filled > most)
                most = max(most, filled)
    return groups


def _keep(table: Table, keep: str) -> None:
    """Creates the temporary table of the rows that stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {KEPT} AS"  # noqa: S608
            f" SELECT row_id, digest FROM ({_places(table, keep)}) AS places WHERE place = 1"
        )
    alike_rows.index(KEPT)


def _places(table: Table, keep: str) -> str:
    """Returns the SQL of (digest, row_id, place): the row to keep has place 1 in its group."""
    order = _RANKS[keep].format(filled=_filled(table))
    return (
        f"SELECT d.digest, d.row_id, ROW_NUMBER() OVER (PARTITION BY d.digest ORDER BY {order}) AS place"  # noqa: S608
        f" FROM {ALIKE} d JOIN tables_row r ON r.id = d.row_id"
    )


def _filled(table: Table) -> str:
    """Returns the SQL of how many values and results a row has in the columns that are not deleted."""
    live = columns.live(table)
    results = ", ".join(str(column.pk) for column in live if column.is_computed) or "NULL"
    return (
        f"((SELECT COUNT(*) FROM {_each()} WHERE {_typed(live)})"  # noqa: S608
        " + (SELECT COUNT(*) FROM tables_cell c"
        f" WHERE c.row_id = r.id AND c.column_id IN ({results}) AND c.state = 'done'))"
    )


def _each() -> str:
    """Returns the SQL of the members of a row's values, as (key, value)."""
    return 'jsonb_each(r."values") AS v' if connection.vendor == "postgresql" else 'json_each(r."values") AS v'


def _typed(live: Sequence[Column]) -> str:
    """Returns the SQL of whether a member is a value that is not blank in a column that somebody fills."""
    typed = ", ".join(f"'{column.pk}'" for column in live if not column.is_computed) or "NULL"
    not_blank = "v.value NOT IN ('null', '\"\"')" if connection.vendor == "postgresql" else "v.value <> ''"
    return f"v.key IN ({typed}) AND {not_blank}"


def _fill(table: Table) -> tuple[int, list[Filling]]:
    """Fills blank values of the rows that stay; returns how many, and the first ones."""
    filled = 0
    listed: list[Filling] = []
    for row_ids in alike_rows.batches(KEPT, _BATCH):
        new_values: dict[int, dict[str, Any]] = {}
        found = _fillings(table, row_ids[0], row_ids[-1])
        fillings = [(row_id, int(key), json.loads(text)) for row_id, key, text in found]
        for row_id, column_id, value in fillings:
            new_values.setdefault(row_id, {})[str(column_id)] = value
        if new_values:
            rows.store(table, new_values, Edit.How.MERGE)
        filled += len(fillings)
        listed += fillings[: MOST_CELLS - len(listed)]
    return filled, listed


def _fillings(table: Table, first: int, last: int) -> list[tuple[int, str, str]]:
    """Returns (row id, key of its blank value, JSON text of the first value of the others) of rows that stay."""
    text = "v.value::text" if connection.vendor == "postgresql" else """r."values" -> ('$."' || v.key || '"')"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept, key, text FROM ("  # noqa: S608
            f" SELECT k.row_id AS kept, v.key AS key, {text} AS text, r.id AS id, ROW_NUMBER() OVER"
            "  (PARTITION BY k.row_id, v.key ORDER BY r.id <> k.row_id, r.position) AS place"
            f" FROM {KEPT} k JOIN {ALIKE} d ON d.digest = k.digest JOIN tables_row r ON r.id = d.row_id"
            f" CROSS JOIN {_each()}"
            f" WHERE k.row_id BETWEEN %s AND %s AND {_typed(columns.live(table))}"
            ") AS members WHERE place = 1 AND id <> kept",
            [first, last],
        )
        return list(cursor.fetchall())


def _others() -> list[int]:
    """Returns the ids of the rows that do not stay."""
    with connection.cursor() as cursor:
        # A list without those that stay would be searched from start to end for each row, in PostgreSQL.
        cursor.execute(f"DELETE FROM {ALIKE} WHERE row_id IN (SELECT row_id FROM {KEPT})")  # noqa: S608
        cursor.execute(f"SELECT row_id FROM {ALIKE}")  # noqa: S608
        return [row_id for (row_id,) in cursor.fetchall()]
