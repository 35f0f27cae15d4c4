"""Views that a workspace shares under a name: filter, sort, columns, row height and grouping of a table."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tables import columns, deletions, events, filter_queries, filters, names, storage, view_snapshots
from tables.models import Column, Deletion, SavedView, Table
from tables.row_queries import View
from workspaces import audit, ids
from workspaces.refusals import Refused

MOST = 100  # of a table
ROW_HEIGHTS = ("compact", "medium", "tall")
_DEFAULTS: dict[str, Any] = {
    "filter": [],
    "sort": [],
    "errors": False,
    "hidden": [],
    "pinned": None,  # None: the columns that are pinned in the table
    "order": None,  # None: as they stand in the table
    "row_height": "compact",
    "group": None,
}


def live(table: Table) -> QuerySet[SavedView]:
    """Returns the views of a table in order."""
    return SavedView.objects.filter(table=table, deleted_at=None)


def as_json(view: SavedView, live_columns: Sequence[Column]) -> dict[str, Any]:
    """Returns the view of the API, without what it says of columns that are deleted.

    `missing_columns` are those by which it filters, {"id", "name"}: without them it would show other rows.
    """
    return {
        "missing_columns": _missing_columns(view, live_columns),
        "id": view.pk,
        "table_id": view.table_id,
        "name": view.name,
        "position": view.position,
        "version": view.version,
        "created_by": view.created_by,
        "changed_by": view.changed_by,
        "changed_at": view.changed_at,
    } | _settings(view, live_columns)


def create(table: Table, name: str, settings: Mapping[str, Any]) -> SavedView:
    """Saves a view after the others, under a free name. Raises Refused."""
    with transaction.atomic():
        storage.lock_table(table.pk)
        others = list(live(table))
        if len(others) >= MOST:
            raise Refused(f"A table has at most {MOST} views. Delete one first.", field="name")
        view = SavedView(table=table, name=names.first_free(_tidy(name), {other.name for other in others}))
        view.position = others[-1].position + 1 if others else 0
        view.settings = _DEFAULTS | _checked(settings, columns.live(table))
        view.created_by = audit.acting()
        _save(view, "view.created")
    return view


def change(view: SavedView, settings: Mapping[str, Any], *, name: str | None = None, was: int | None = None) -> None:
    """Stores what is given, a new name too. Raises Refused, also when its version is not the one that it `was`."""
    with transaction.atomic():
        storage.lock_table(view.table_id)
        view.refresh_from_db()
        if was is not None and was != view.version:
            raise Refused(f"{view.changed_by} changed “{view.name}” after you opened it.", code="conflict", field="was")
        if name is not None:
            view.name = _tidy(name)
            if live(view.table).filter(name=view.name).exclude(pk=view.pk).exists():
                words = f"There is already a view “{view.name}”. Choose another name."
                raise Refused(words, code="conflict", field="name")
        view.settings = view.settings | _checked(settings, columns.live(view.table))
        _save(view, "view.changed")


def move(view: SavedView, position: int) -> None:
    """Puts it among the others so that it has this position; beyond the end means last."""
    with transaction.atomic():
        storage.lock_table(view.table_id)
        others = list(live(view.table).exclude(pk=view.pk))
        others.insert(max(0, min(position, len(others))), view)
        for place, each in enumerate(others):
            each.position = place
        SavedView.objects.bulk_update(others, ["position"])
        _announce(view)


def delete(view: SavedView) -> None:
    """Moves the view into the trash; its rows stay."""
    with transaction.atomic():
        storage.lock_table(view.table_id)
        if not live(view.table).filter(pk=view.pk).exists():  # somebody else was first
            return
        view.deleted_at = timezone.now()
        deletions.record(Deletion.Kind.VIEW, view.table, view=view, name=view.name, at=view.deleted_at)
        _save(view, "view.deleted")


def restore(view: SavedView) -> None:
    """Shows a deleted view again, under another name if its own has been taken since. Raises Refused."""
    with transaction.atomic():
        storage.lock_table(view.table_id)
        deletions.take(Deletion.objects.filter(view=view))
        view.name = names.first_free(view.name, set(live(view.table).values_list("name", flat=True)))
        view.deleted_at = None
        _save(view, "view.restored")


def copy(source: Table, target: Table, copies: Mapping[int, int]) -> None:
    """Gives a copy of a table the views of the original; `copies` are {column: its copy}."""
    live_columns = columns.live(source)
    for view in live(source):
        settings = _renumbered(_settings(view, live_columns), copies)
        SavedView.objects.create(
            table=target, name=view.name, position=view.position, settings=settings, created_by=view.created_by
        )


def is_id(view: str) -> bool:
    """Says whether this is the id of a saved view rather than the token of an opened one, which has letters."""
    return view.isascii() and view.isdigit()


def find(table: Table, view_id: str) -> View:
    """Returns which rows a saved view shows.

    Raises Refused when the table has no such view, and when it filters by a deleted column: without that it has other
    rows, and nobody who runs or exports them sees that.
    """
    saved = live(table).filter(pk=ids.parse(view_id) or 0).first()
    if saved is None:
        raise Refused("This table has no such view.", code="not_found", field="view")
    live_columns = columns.live(table)
    settings = _settings(saved, live_columns)
    if _missing(saved, live_columns):
        words = (
            f"“{saved.name}” filters by a column that was deleted. Restore it, or save the view with another filter."
        )
        raise Refused(words, code="conflict", field="view")
    return View(live_columns, settings["filter"], settings["sort"], "", settings["errors"])


def shown_columns(view: SavedView, live_columns: Sequence[Column]) -> list[Column]:
    """Returns the columns that the view doesn't hide, in its order; those that are newer than the order come last."""
    settings = _settings(view, live_columns)
    places = {pk: place for place, pk in enumerate(settings["order"] or [])}
    ordered = sorted(live_columns, key=lambda column: places.get(column.pk, len(places)))
    return [column for column in ordered if column.pk not in settings["hidden"]]


def row_ids(table: Table, view: str) -> Sequence[int]:
    """Returns the rows of a saved view, by its id, or of an opened one, by its token, in order. Raises Refused."""
    return find(table, view).row_ids(table) if is_id(view) else view_snapshots.live_row_ids(table.pk, view)


def _missing(view: SavedView, live_columns: Sequence[Column]) -> set[int]:
    """Returns the ids of deleted columns that the view filters by."""
    return filters.columns_in(view.settings.get("filter", [])) - {column.pk for column in live_columns}


def _missing_columns(view: SavedView, live_columns: Sequence[Column]) -> list[dict[str, Any]]:
    missing = _missing(view, live_columns)
    names = dict(Column.with_deleted.filter(pk__in=missing).values_list("pk", "name")) if missing else {}
    return [{"id": pk, "name": names.get(pk, "")} for pk in sorted(missing)]


def _settings(view: SavedView, live_columns: Sequence[Column]) -> dict[str, Any]:
    stored: dict[str, Any] = _DEFAULTS | view.settings
    there = {column.pk for column in live_columns}
    return stored | {
        "filter": filters.without_columns(stored["filter"], lambda pk: pk not in there),
        "sort": [item for item in stored["sort"] if item["column"] in there],
        "hidden": [pk for pk in stored["hidden"] if pk in there],
        "pinned": stored["pinned"] and [pk for pk in stored["pinned"] if pk in there],
        "order": stored["order"] and [pk for pk in stored["order"] if pk in there],
        "group": stored["group"] if stored["group"] in there else None,
    }


def _checked(settings: Mapping[str, Any], live_columns: Sequence[Column]) -> dict[str, Any]:
    """Returns the settings that are given, as they are stored. Raises Refused."""
    checks: dict[str, Callable[[Any], Any]] = {
        "filter": partial(_checked_filter, live_columns),
        "sort": lambda items: [_checked_sort(item, live_columns) for item in items],
        "errors": bool,
        "hidden": partial(_checked_columns, live_columns, "hidden"),
        "pinned": lambda ids: None if ids is None else _checked_columns(live_columns, "pinned", ids),
        "order": lambda ids: None if ids is None else _checked_columns(live_columns, "order", ids),
        "row_height": _checked_height,
        "group": lambda pk: None if pk is None else _column(pk, live_columns, "group").pk,
    }
    return {key: check(settings[key]) for key, check in checks.items() if key in settings}


def _checked_columns(live_columns: Sequence[Column], field: str, pks: Sequence[object]) -> list[int]:
    return list(dict.fromkeys(_column(pk, live_columns, field).pk for pk in pks))


def _checked_filter(live_columns: Sequence[Column], items: Sequence[object]) -> list[dict[str, Any]]:
    group = filters.parse(items, live_columns)
    if any(condition.op in filters.MOMENTARY_OPS for condition in group.conditions()):
        raise Refused("A filter by what rows failed with can't be saved: they may run again.", field="filter")
    filter_queries.matching(group)
    return [filters.as_json(item) for item in group.items]


def _checked_sort(item: Mapping[str, Any], live_columns: Sequence[Column]) -> dict[str, Any]:
    return {"column": _column(item.get("column"), live_columns, "sort").pk, "desc": bool(item.get("desc"))}


def _checked_height(height: str) -> str:
    if height not in ROW_HEIGHTS:
        raise Refused(f"“{height}” is not a row height. Use one of {', '.join(ROW_HEIGHTS)}.", field="row_height")
    return height


def _column(pk: object, live_columns: Sequence[Column], field: str) -> Column:
    for column in live_columns:
        if str(column.pk) == str(pk):
            return column
    raise Refused(f"There is no column {pk!r}.", field=field)


def _tidy(name: str) -> str:
    tidy = names.given(name)
    if not tidy:
        raise Refused("Enter a name for the view.", field="name")
    return tidy


def _save(view: SavedView, action: str) -> None:
    view.version += 1
    view.changed_by, view.changed_at = audit.acting(), timezone.now()
    view.save()
    audit.note(view.table.workspace_id, action, view.name, view.table_id)
    _announce(view)


def _announce(view: SavedView) -> None:
    transaction.on_commit(partial(events.publish_views, view.table_id))


def _renumbered(settings: Mapping[str, Any], copies: Mapping[int, int]) -> dict[str, Any]:
    return {
        **settings,
        "filter": [_renumbered_item(item, copies) for item in settings["filter"]],
        "sort": [{**item, "column": copies[item["column"]]} for item in settings["sort"]],
        "hidden": [copies[pk] for pk in settings["hidden"]],
        "pinned": settings["pinned"] and [copies[pk] for pk in settings["pinned"]],
        "order": settings["order"] and [copies[pk] for pk in settings["order"]],
        "group": copies.get(settings["group"]),
    }


def _renumbered_item(item: Mapping[str, Any], copies: Mapping[int, int]) -> dict[str, Any]:
    for holds in ("all", "any"):
        if holds in item:
            return {holds: [_renumbered_item(part, copies) for part in item[holds]]}
    return {**item, "column": copies[item["column"]]}
