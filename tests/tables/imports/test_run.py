"""A file on its way into a table: all of it, or nothing."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from tables import catalog, rows
from tables.imports import run as imports
from tables.models import Column, Import, Row, Table
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


def file(lines: list[str]) -> "ContentFile[bytes]":
    return ContentFile("\n".join(lines).encode(), name="leads.csv")


def started(actor: Actor, lines: list[str], table: Table | None = None) -> Import:
    received = imports.receive(actor, file(lines), table=table)
    imports.start(received)
    return received


def kept_files() -> list[Path]:
    return list(Path(settings.MEDIA_ROOT).glob("*"))


def test_a_file_becomes_a_table_in_order(actor: Actor) -> None:
    received = started(actor, ["Name,Zip", *(f"Firm {number},{number:05d}" for number in range(4500))])
    imports.run(received.pk)
    received.refresh_from_db()
    assert (received.state, received.rows_done, received.rows_total) == ("done", 4500, 4500)
    table = Table.objects.get(ready=True)
    assert table.row_count == 4500
    name, code = Column.objects.filter(table=table)
    assert rows.window(table, 4499, 5)[0].values == {str(name.pk): "Firm 4499", str(code.pk): "04499"}
    assert kept_files() == []


def test_a_file_that_breaks_in_the_middle_leaves_nothing(actor: Actor) -> None:
    received = started(actor, ["Name,Zip", *["a,b"] * 3000, "a,b,c"])
    imports.run(received.pk)
    received.refresh_from_db()
    assert received.state == "failed"
    assert "Row 3,002 has 3 values" in received.error
    assert not Table.objects.exists()
    assert not Row.objects.exists()
    assert kept_files() == []


def test_a_table_is_not_seen_before_all_of_it_is_there(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    received = started(actor, ["Name", *["a"] * 10])
    publish = imports._publish
    seen: list[int] = []

    def look_and_publish(running: Import) -> None:
        seen.append(Table.objects.filter(ready=True).count())
        publish(running)

    monkeypatch.setattr(imports, "_publish", look_and_publish)
    imports.run(received.pk)
    assert seen == [0]
    assert Table.objects.filter(ready=True).count() == 1


def test_cancelling_leaves_nothing(actor: Actor) -> None:
    waiting = started(actor, ["Name", "a"])
    imports.cancel(waiting)
    imports.run(waiting.pk)
    assert waiting.state == "cancelled"
    running = started(actor, ["Name", *["a"] * 5000])
    Import.objects.filter(pk=running.pk).update(cancel_requested=True)
    imports.run(running.pk)
    running.refresh_from_db()
    assert running.state == "cancelled"
    assert not Row.objects.exists()
    assert kept_files() == []


def test_rows_are_appended_behind_those_that_came_meanwhile(actor: Actor) -> None:
    table = catalog.create(actor, "Leads", [("Name", "text"), ("Zip", "text")])
    rows.append(table, [{"Name": "first"}])
    received = started(actor, ["Zip,Name", "0042,second", "0043,third"], table)
    rows.append(table, [{"Name": "meanwhile"}])
    imports.run(received.pk)
    table.refresh_from_db()
    name = str(Column.objects.get(table=table, name="Name").pk)
    assert [row.values[name] for row in rows.window(table, 0, 10)] == ["first", "meanwhile", "second", "third"]
    assert table.row_count == 4
    assert Table.objects.count() == 1


def test_a_file_with_other_columns_is_not_appended(actor: Actor) -> None:
    table = catalog.create(actor, "Leads", [("Name", "text")])
    with pytest.raises(Refused, match="no column “City”"):
        imports.receive(actor, file(["Name,City", "a,b"]), table=table)
    assert kept_files() == []


def test_an_import_whose_worker_died_is_told_and_cleaned_up(actor: Actor) -> None:
    received = started(actor, ["Name", "a"])
    half = Table.objects.create(workspace=actor.workspace, name="half", ready=False)
    dead = timezone.now() - 2 * imports.DEAD_AFTER
    Import.objects.filter(pk=received.pk).update(state="running", heartbeat_at=dead, table=half)
    imports.sweep()
    received.refresh_from_db()
    assert received.state == "failed"
    assert "worker ended" in received.error
    assert not Table.objects.exists()
    assert kept_files() == []
