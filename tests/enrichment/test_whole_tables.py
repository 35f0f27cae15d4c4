"""A table as a whole: deleted and brought back, and copied with all that computes it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from enrichment import computed, connections, hooks, runs, whole_tables
from enrichment.models import HttpColumn, Run
from tables import imports, rows, tables
from tables.models import Cell, Column, Row, Table
from tests.enrichment.api.test_api import Caller
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


def copied(actor: Actor, table: Table) -> Table:
    running = whole_tables.duplicate(actor, table)
    assert running.table is not None
    assert not running.table.ready
    imports.run(running.pk)
    return Table.objects.get(pk=running.table.pk)


def test_a_deleted_table_is_gone_until_it_is_restored(
    call: Caller, leads: Table, http: Callable[..., Column], workspace: Workspace
) -> None:
    run = runs.plan(http(), "all")
    secret = hooks.renew(leads)
    assert call("DELETE", f"/tables/{leads.pk}")[0] == 204
    run.refresh_from_db()
    assert (run.state, run.stop_reason) == ("stopped", "The table was deleted.")
    assert call("GET", f"/tables/{leads.pk}")[0] == 404
    assert hooks.table_of(secret) is None
    assert call("GET", "/tables")[1]["total"] == 0
    assert call("POST", f"/tables/{leads.pk}/restore")[1]["row_count"] == 3
    assert call("POST", f"/tables/{leads.pk}/restore")[0] == 404
    assert call("GET", f"/tables/{leads.pk}")[0] == 200


def test_nobody_else_brings_a_table_back(outsider: User, leads: Table) -> None:
    whole_tables.delete(leads)
    other = outsider.memberships.get().workspace
    call = Caller(create_api_token(other, "tests", Role.OWNER, outsider)[1])
    assert call("POST", f"/tables/{leads.pk}/restore")[0] == 404


def test_a_deleted_table_goes_for_good_after_its_time(leads: Table) -> None:
    tables.delete(leads)
    tables.prune()
    assert Table.objects.filter(pk=leads.pk).exists()
    Table.objects.filter(pk=leads.pk).update(deleted_at=timezone.now() - tables.KEPT * 2)
    tables.prune()
    assert not Table.objects.filter(pk=leads.pk).exists()
    assert not Row.objects.exists()


def test_a_connection_of_a_deleted_table_alone_can_be_deleted(
    actor: Actor, leads: Table, http: Callable[..., Column]
) -> None:
    secrets, config = {"token": "abcdef"}, {"allowed_hosts": ["127.0.0.1"]}
    connection = connections.create(actor, name="CRM", kind="bearer", config=config, secrets=secrets)
    http(connection_id=connection.pk)
    with pytest.raises(connections.ConnectionInUse):
        connections.delete(connection)
    whole_tables.delete(leads)
    connections.delete(connection)


def test_a_copy_has_the_same_columns_values_and_results(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Callable[..., None],
    compute: Callable[[Table], None], cells: Callable[[Column], list[Any]],
) -> None:  # fmt: skip
    profile = http(run_if="{{Size}} > 5", required=["Company"], query=[{"name": "q", "value": "{{Size}}"}])
    city = computed.create(leads, "City", "extract", {"source": "Profile", "path": "city"})
    shout = computed.create(leads, "Shout", "formula", {"formula": "UPPER({{Company}})"})
    first, second, _ = Row.objects.filter(table=leads).order_by("position").values_list("pk", flat=True)
    answer(profile, {first: {"city": "Cork"}})
    answer(profile, {second: None}, "failed")
    compute(leads)
    copy = copied(actor, leads)
    assert (copy.name, copy.row_count, copy.ready) == ("Copy of Leads", 3, True)
    mine = {column.name: column for column in Column.objects.filter(table=copy)}
    assert [*mine] == ["Company", "Size", "Profile", "City", "Shout"]
    for column in (profile, city, shout):
        ended = [None if cell and cell[0] == "waiting" else cell for cell in cells(column)]
        assert cells(mine[column.name]) == ended
        assert computed.shown(mine[column.name]) | {"source": 0} == computed.shown(column) | {"source": 0}
    assert HttpColumn.objects.get(column=mine["Profile"]).column_ids == {mine["Company"].pk, mine["Size"].pk}
    company = str(mine["Company"].pk)
    copies = Row.objects.filter(table=copy).order_by("position")
    assert [row.values[company] for row in copies] == ["Acme", "Fabrikam", "Contoso"]
    assert not Run.objects.filter(table=copy).exists()
    assert not Cell.objects.filter(row__table=copy, run_id__isnull=False).exists()
    rows.update(copy, [{"id": copies[0].pk, "cells": {"Company": "Else"}}])
    assert Row.objects.get(pk=first).values == {str(pk): value for pk, value in _values(leads, first).items()}
    assert whole_tables.duplicate(actor, leads).name == "Copy of Leads 2"


def _values(table: Table, row_id: int) -> dict[int, str]:
    ids = {column.name: column.pk for column in Column.objects.filter(table=table)}
    return {ids["Company"]: "Acme", ids["Size"]: "10"}


def test_a_copy_that_is_cancelled_leaves_nothing(actor: Actor, leads: Table) -> None:
    running = whole_tables.duplicate(actor, leads)
    imports.cancel(running)
    assert running.state == "cancelled"
    assert Table.objects.count() == 1
    imports.run(running.pk)
    assert Table.objects.count() == 1


def test_what_runs_anywhere_is_listed(call: Caller, leads: Table, http: Callable[..., Column]) -> None:
    run = runs.plan(http(), "all")
    [told] = call("GET", "/runs")[1]["items"]
    assert (told["id"], told["table_id"], told["column"]) == (run.pk, leads.pk, "Profile")
    runs.stop(run)
    assert call("GET", "/runs")[1]["items"] == []
