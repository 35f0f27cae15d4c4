"""Tables created, renamed, deleted, restored and purged."""

import pytest
from django.utils import timezone

from tables import catalog, columns, purging, rows
from tables.models import Cell, Column, Deletion, Row, Table
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


def test_a_table_is_created_with_its_columns(actor: Actor) -> None:
    table = catalog.create(actor, "  Leads\n", [("Name", "text"), ("Size", "number")])
    assert (table.name, table.workspace, table.created_by) == ("Leads", actor.workspace, actor.user)
    assert [(column.name, column.type) for column in columns.live(table)] == [("Name", "text"), ("Size", "number")]


@pytest.mark.parametrize(
    ("name", "new_columns", "field"),
    [
        (" ", [], "name"),
        ("Leads", [("Name", "text"), ("Name", "text")], "name"),
        ("Leads", [("Name", "money")], "type"),
    ],
)
def test_of_a_wrong_table_nothing_is_created(
    name: str, new_columns: list[tuple[str, str]], field: str, actor: Actor
) -> None:
    with pytest.raises(Refused) as refused:
        catalog.create(actor, name, new_columns)
    assert refused.value.field == field
    assert not Table.objects.exists()


def test_an_empty_name_leaves_the_old_one(table: Table) -> None:
    catalog.change(table, name=" ")
    catalog.change(table, auto_update=False)
    table.refresh_from_db()
    assert (table.name, table.auto_update) == ("Leads", False)


def test_a_table_is_renamed_while_rows_are_added(table: Table) -> None:
    seen_before = Table.objects.get(pk=table.pk)
    rows.append(table, [{"Name": "a"}])
    catalog.change(seen_before, name="Customers")
    table.refresh_from_db()
    assert (table.name, table.row_count) == ("Customers", 1)


def test_a_deleted_table_is_hidden_until_it_is_restored(table: Table) -> None:
    rows.append(table, [{"Name": "a"}])
    catalog.delete(table)
    assert not Table.objects.get().ready
    catalog.restore(table)
    assert Table.objects.get().ready
    assert Table.objects.get().deleted_at is None
    assert Row.objects.count() == 1


def test_what_was_deleted_long_ago_is_purged_with_all_that_is_in_it(table: Table) -> None:
    column = columns.create(table, "Profile", "http")
    [row_id] = rows.append(table, [{"Name": "a"}])
    Cell.objects.create(row_id=row_id, column=column, state="done", value=1)
    catalog.delete(table)
    purging.prune()
    assert Table.objects.count() == 1
    Deletion.objects.update(purged_at=timezone.now())
    purging.prune()
    assert [model.objects.count() for model in (Table, Row, Cell)] == [0, 0, 0]
    assert not Column.with_deleted.exists()


def test_purging_a_table_leaves_the_others(table: Table) -> None:
    other = Table.objects.create(workspace=table.workspace, name="Other")
    columns.create(other, "Name")
    for owner in (table, other):
        rows.append(owner, [{"Name": "a"}])
    catalog.purge(table)
    assert Row.objects.get().table == other
