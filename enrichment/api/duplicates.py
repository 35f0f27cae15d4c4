"""Rows that are there more than once: looked at, and merged."""

import json
from contextlib import suppress
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables import columns, deletions, duplicate_searches, duplicates, rows
from tables.alike_rows import Criteria
from tables.duplicates import Found, Group
from tables.models import Row, Table
from workspaces.models import Role

router = Router(tags=["Rows"])

MOST_GROUPS = 100  # in one answer
SHOWN = 5  # rows of a group that come with their cells, besides those that may stay


class Search(Schema):
    """`columns` are names or ids with commas between them, or a JSON list. `match` is `exact` or `loose`."""

    columns: str = ""
    match: str = "exact"
    offset: int = 0
    limit: int = 20


class Merge(Body):
    """`keep` is the row of each group that stays: `first`, `last`, or `fullest`, the one with the most values."""

    columns: list[str | int] | str | int
    match: str = "exact"
    keep: str = "first"
    fill_blanks: bool = True


@router.get("/tables/{table_id}/duplicates", response={200: dict, 202: dict}, summary="Find duplicates")
def find(request: HttpRequest, table_id: str, query: Query[Search]) -> Status[dict[str, Any]]:
    """Returns groups of rows that are alike in these columns. A merge would delete `extra` rows.

    A large table takes a worker some time: `state` is `running`, and `GET /tables/{id}/duplicates/searches/{search}`
    has the progress, and then the groups.
    """
    table = lookup.table(actor(request), table_id)
    how = Criteria.of(table, _names(query.columns), query.match)
    offset, limit = described.window(query.offset, query.limit, MOST_GROUPS)
    if table.row_count > duplicates.LARGE:
        return Status(202, duplicate_searches.progress(table.pk, duplicate_searches.start(table, how)))
    return Status(200, _found(table, how, duplicates.look(table, how).window(offset, limit)))


@router.get("/tables/{table_id}/duplicates/searches/{search}", summary="Get what a search has found")
def get_search(request: HttpRequest, table_id: str, search: str, offset: int = 0, limit: int = 20) -> dict[str, Any]:
    """Returns how far a search is (`rows_done` of `rows_total`), and once its `state` is `done`, the groups.

    These are as they were when it looked at the rows. It is stored for an hour after you ask for it.
    """
    table = lookup.table(actor(request), table_id)
    told = duplicate_searches.progress(table.pk, search)
    if told["state"] != "done":
        return told
    offset, limit = described.window(offset, limit, MOST_GROUPS)
    found = duplicate_searches.window(table.pk, search, offset, limit)
    return told | _found(table, duplicate_searches.criteria(table, search), found)


@router.delete("/tables/{table_id}/duplicates/searches/{search}", response={204: None}, summary="Stop a search")
def stop_search(request: HttpRequest, table_id: str, search: str) -> Status[None]:
    """Stops a search, unless someone else waits for the same one."""
    duplicate_searches.stop(lookup.table(actor(request), table_id).pk, search)
    return Status(204, None)


@router.post("/tables/{table_id}/duplicates/merge", response={200: dict, 202: dict}, summary="Merge duplicates")
def merge(request: HttpRequest, table_id: str, body: Merge) -> Status[dict[str, Any]]:
    """Keeps one row of each group, fills its blank cells from the others unless you say otherwise, and deletes them.

    `undo` is the key that restores the deleted rows. `cells` are [row, column] of filled cells and `values` what they
    were filled with, null for very many.
    A large table takes a worker some time: `state` is `merging`, and `GET /trash/{undo}` has the progress in `compared`
    and `rows`, and what came of it in `merged`. `POST /trash/{undo}/stop` ends it between two groups.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    names = body.columns if isinstance(body.columns, list) else [body.columns]
    how = Criteria.of(table, names, body.match)
    if table.row_count > duplicates.LARGE:
        deletion = duplicates.start_merge(table, how, body.keep, fill_blanks=body.fill_blanks)
        unknown = dict.fromkeys(("merged", "deleted", "filled", "cells", "values"))
        return Status(202, unknown | {"undo": str(deletion.pk), "state": deletions.state(deletion)})
    merged = duplicates.merge(table, how, body.keep, fill_blanks=body.fill_blanks)
    done = {
        "merged": merged.merged,
        "deleted": merged.deleted,
        "filled": merged.filled,
        "cells": merged.cells,
        "values": merged.values,
        "undo": str(merged.deletion.pk) if merged.deletion else None,
    }
    return Status(200, done)


def _found(table: Table, how: Criteria, found: Found) -> dict[str, Any]:
    return {
        "groups": found.groups,
        "rows": found.rows,
        "extra": found.rows - found.groups,
        "items": _described(table, how, found.items),
    }


def _names(text: str) -> list[str | int]:
    with suppress(ValueError):
        names = json.loads(text)
        if isinstance(names, list):
            return [name if isinstance(name, str | int) else str(name) for name in names]
    return [name for name in text.split(",") if name.strip()]


def _described(table: Table, how: Criteria, groups: list[Group]) -> list[dict[str, Any]]:
    """The key is that of the first row, as it is written there. A group whose rows have just gone is left out."""
    wanted = {row_id for group in groups for row_id in [*group.row_ids[:SHOWN], *group.kept.values()]}
    stored = list(Row.objects.filter(table=table, pk__in=wanted).order_by("sort_key"))
    shown = {row["id"]: row for row in rows.as_json(stored, columns.live(table))}
    return [_group(how, group, shown) for group in groups if group.row_ids[0] in shown]


def _group(how: Criteria, group: Group, shown: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The rows with their cells are the first ones, and those that may stay wherever they stand."""
    listed = dict.fromkeys([*group.row_ids[:SHOWN], *group.kept.values()])
    first = sorted((shown[pk] for pk in listed if pk in shown), key=lambda row: int(row["position"]))
    return {
        "key": {str(column.pk): first[0]["cells"][str(column.pk)]["value"] for column in how.columns},
        "count": group.count,
        "rows": group.row_ids,
        "kept": group.kept,
        "first": first,
    }
