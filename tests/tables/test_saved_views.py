"""Saved views outlive the columns that they name, and are copied with their table."""

import pytest

from tables import catalog, columns, deletions, purging, rows, saved_views
from tables.models import SavedView, Table
from workspaces.actors import Actor
from workspaces.models import Role, User
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def view(table: Table) -> SavedView:
    name, size, active = columns.live(table)
    by_name = {"column": name.pk, "op": "contains", "value": "a"}
    by_size = {"column": size.pk, "op": "gt", "value": 5}
    settings = {
        "filter": [
            {"any": [by_name, by_size]},
            {"column": active.pk, "op": "empty"},
        ],
        "sort": [{"column": size.pk, "desc": True}, {"column": name.pk}],
        "hidden": [size.pk, active.pk],
        "pinned": [name.pk, size.pk],
        "order": [size.pk, active.pk, name.pk],
        "group": size.pk,
    }
    return saved_views.create(table, "Mine", settings)


def test_a_view_says_nothing_of_deleted_columns_until_they_are_back(table: Table, view: SavedView) -> None:
    name, size, active = columns.live(table)
    before = saved_views.as_json(view, columns.live(table))
    columns.delete(size)
    columns.delete(active)
    shown = saved_views.as_json(view, columns.live(table))
    assert shown["filter"] == [{"any": [{"column": name.pk, "op": "contains", "value": "a"}]}]
    assert shown["sort"] == [{"column": name.pk, "desc": False}]
    assert (shown["hidden"], shown["group"]) == ([], None)
    assert (shown["pinned"], shown["order"]) == ([name.pk], [name.pk])
    assert shown["missing_columns"] == [{"id": size.pk, "name": "Size"}, {"id": active.pk, "name": "Active"}]
    columns.restore(size)
    columns.restore(active)
    assert saved_views.as_json(view, columns.live(table)) == before


def test_a_view_that_filters_by_a_deleted_column_has_no_rows_to_run_or_export(table: Table, view: SavedView) -> None:
    name, size, _ = columns.live(table)
    columns.delete(size)
    for use in (saved_views.find, saved_views.row_ids):
        with pytest.raises(Refused, match="“Mine” filters by a column that was deleted"):
            use(table, str(view.pk))
    saved_views.change(view, {"filter": [{"column": name.pk, "op": "contains", "value": "a"}]})
    assert saved_views.find(table, str(view.pk)).narrows


def test_a_copy_of_the_table_has_its_views(table: Table, view: SavedView, editor: User) -> None:
    actor = Actor(editor, table.workspace, Role.EDITOR)
    target = catalog.create(actor, "Copy", [(column.name, column.type) for column in columns.live(table)])
    of_copy = columns.live(target)
    saved_views.copy(table, target, {a.pk: b.pk for a, b in zip(columns.live(table), of_copy, strict=True)})
    copied = saved_views.as_json(saved_views.live(target).get(), of_copy)
    name, size, active = (column.pk for column in of_copy)
    assert copied["name"] == "Mine"
    assert copied["filter"][0]["any"][1] == {"column": size, "op": "gt", "value": 5}
    assert copied["filter"][1] == {"column": active, "op": "empty"}
    assert ([item["column"] for item in copied["sort"]], copied["hidden"]) == ([size, name], [size, active])
    assert (copied["group"], copied["pinned"], copied["order"]) == (size, [name, size], [size, active, name])
    rows.append(target, [{"Name": "Anna"}, {"Name": "Bo"}, {"Size": 9}])
    assert len(saved_views.row_ids(target, str(saved_views.live(target).get().pk))) == 2


def test_a_deleted_view_is_in_the_trash_once_and_forgotten_with_it(table: Table, view: SavedView) -> None:
    other = SavedView.objects.get(pk=view.pk)
    saved_views.delete(view)
    saved_views.delete(other)
    deletion = deletions.kept(table.workspace).get()
    assert (deletion.kind, deletion.name, deletions.rows_of(deletion)) == ("view", "Mine", None)
    saved_views.restore(view)
    assert (view.deleted_at, deletions.kept(table.workspace).count()) == (None, 0)
    saved_views.delete(view)
    purging.start(deletions.kept(table.workspace).get())
    with pytest.raises(Refused, match="no longer in the trash"):
        saved_views.restore(view)
    purging.prune()
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_a_table_has_so_many_views(table: Table, view: SavedView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 1)
    with pytest.raises(Refused, match="at most 1 views"):
        saved_views.create(table, "One more", {})
