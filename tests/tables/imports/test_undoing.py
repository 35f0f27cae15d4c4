"""An import taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tables import catalog, columns, rows
from tables.imports import rejected, undoing
from tables.models import Import, ImportChange, Table
from workspaces.actors import Actor
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Imported = Callable[..., Import]


@pytest.fixture
def leads(actor: Actor) -> Table:
    table = catalog.create(actor, "Leads", [("Domain", "text"), ("City", "text")])
    rows.append(table, [{"Domain": f"{letter}.example", "City": "Ulm"} for letter in "abc"])
    return table


def shown(table: Table) -> list[list[Any]]:
    keys = [str(column.pk) for column in columns.live(table)]
    return [[row.values.get(key) for key in keys] for row in rows.window(table, 0, 100)]


def test_what_it_added_goes_and_what_it_changed_comes_back(leads: Table, imported: Imported) -> None:
    before = shown(leads)
    done = imported(["Domain,City", "a.example,Bonn", "z.example,Kiel"], leads, key=["Domain"], on_match="update")
    rows.append(leads, [{"Domain": "later.example"}])
    undoing.undo(done)
    assert shown(leads) == [*before, ["later.example", None]]
    leads.refresh_from_db()
    assert leads.row_count == 4
    assert rows.window(leads, 3, 5)[0].values
    with pytest.raises(Refused, match="can no longer be undone"):
        undoing.undo(done)


def test_what_was_edited_since_stays(leads: Table, imported: Imported) -> None:
    done = imported(["Domain,City", "a.example,Bonn", "b.example,Bonn"], leads, key=["Domain"], on_match="update")
    first = rows.window(leads, 0, 1)[0]
    rows.update(leads, [{"id": first.pk, "cells": {"City": "Köln"}}])
    undoing.undo(done)
    assert shown(leads) == [["a.example", "Köln"], ["b.example", "Ulm"], ["c.example", "Ulm"]]


def test_a_table_that_an_import_made_can_be_restored_after_it_is_undone(imported: Imported) -> None:
    done = imported(["Domain", "a.example"])
    undoing.undo(done)
    assert done.table
    table = Table.objects.get(pk=done.table.pk)
    assert not table.ready
    catalog.restore(table)
    assert shown(table) == [["a.example"]]


def test_after_thirty_days_it_is_too_late(leads: Table, imported: Imported) -> None:
    done = imported(
        ["Domain,City", "a.example,Bonn"],
        leads,
        key=["Domain"],
        on_match="update",
        columns=[{"from": "City", "to": "City", "type": "text"}],
    )
    assert ImportChange.objects.count() == 1
    rejected.path_of(done).write_text("Line,Reason")
    undoing.prune()
    assert ImportChange.objects.count() == 1
    Import.objects.update(finished_at=timezone.now() - undoing.UNDONE_FOR - timedelta(seconds=1))
    done.refresh_from_db()
    assert undoing.until(done) is None
    with pytest.raises(Refused, match="can no longer be undone"):
        undoing.undo(done)
    undoing.prune()
    assert not ImportChange.objects.exists()
    assert not rejected.path_of(done).exists()


def test_an_import_that_changed_no_value_is_undone(leads: Table, imported: Imported, announced: list[Any]) -> None:
    done = imported(["Domain,City", "a.example,Ulm"], leads, key=["Domain"], on_match="update")
    before = shown(leads)
    announced.clear()
    undoing.undo(done)
    assert shown(leads) == before
    assert announced == []
