"""A table as a whole: deleted and brought back, and copied with all that computes it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from enrichment import webhooks
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import table_lifecycle
from enrichment.connections import settings as connection_settings
from enrichment.models import HttpColumn, Run
from enrichment.preview import cell_history
from enrichment.runs import lifecycle
from tables import catalog, purging, rows
from tables.imports import job, uploads
from tables.models import Cell, Column, Deletion, Row, Table
from tables.signals import send_rows_changed
from tests.enrichment.api.test_api import Caller
from tests.servers.echo import Echo
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


def copied(actor: Actor, table: Table) -> Table:
    running = table_lifecycle.duplicate(actor, table)
    assert running.table is not None
    assert not running.table.ready
    job.run(running.pk)
    return Table.objects.get(pk=running.table.pk)


def test_a_deleted_table_is_gone_until_it_is_restored(
    call: Caller, leads: Table, http: Callable[..., Column], workspace: Workspace
) -> None:
    run = lifecycle.plan(http(), "all")
    secret = webhooks.secret_of(webhooks.renew(leads))
    assert call("DELETE", f"/tables/{leads.pk}")[0] == 204
    run.refresh_from_db()
    assert (run.state, run.stop_reason) == ("stopped", "The table was deleted.")
    assert call("GET", f"/tables/{leads.pk}")[0] == 404
    assert webhooks.find(secret) is None
    assert call("GET", "/tables")[1]["total"] == 0
    assert call("POST", f"/tables/{leads.pk}/restore")[1]["row_count"] == 3
    assert call("POST", f"/tables/{leads.pk}/restore")[0] == 404
    assert call("GET", f"/tables/{leads.pk}")[0] == 200


def test_nobody_else_brings_a_table_back(outsider: User, leads: Table) -> None:
    table_lifecycle.delete(leads)
    other = outsider.memberships.get().workspace
    call = Caller(create_api_token(other, "tests", Role.OWNER, outsider)[1])
    assert call("POST", f"/tables/{leads.pk}/restore")[0] == 404


def test_a_deleted_table_goes_for_good_after_its_time(leads: Table) -> None:
    catalog.delete(leads)
    purging.prune()
    assert Table.objects.filter(pk=leads.pk).exists()
    Deletion.objects.update(purged_at=timezone.now())
    purging.prune()
    assert not Table.objects.filter(pk=leads.pk).exists()
    assert not Row.objects.exists()


def test_a_connection_of_a_deleted_table_alone_can_be_deleted(
    actor: Actor, leads: Table, http: Callable[..., Column]
) -> None:
    secrets, config = {"token": "abcdef"}, {"allowed_hosts": ["127.0.0.1"]}
    connection = connection_settings.create(actor, name="CRM", kind="bearer", config=config, secrets=secrets)
    http(connection_id=connection.pk)
    with pytest.raises(Refused):
        connection_settings.delete(connection)
    table_lifecycle.delete(leads)
    connection_settings.delete(connection)


def test_a_copy_has_the_same_columns_values_and_results(
    actor: Actor,
    leads: Table,
    http: Callable[..., Column],
    answer: Callable[..., None],
    compute: Callable[[Table], None],
    cells: Callable[[Column], list[Any]],
) -> None:
    profile = http(run_if="{{Size}} > 5", required=["Company"], query=[{"name": "q", "value": "{{Size}}"}])
    city = column_lifecycle.create(leads, "City", "extract", {"source": "Profile", "path": "city"})
    shout = column_lifecycle.create(leads, "Shout", "formula", {"formula": "UPPER({{Company}})"})
    first, second, _ = Row.objects.filter(table=leads).order_by("sort_key").values_list("pk", flat=True)
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
        assert column_lifecycle.shown(mine[column.name]) | {"source": 0} == column_lifecycle.shown(column) | {
            "source": 0
        }
    assert HttpColumn.objects.get(column=mine["Profile"]).column_ids == {mine["Company"].pk, mine["Size"].pk}
    company = str(mine["Company"].pk)
    copies = Row.objects.filter(table=copy).order_by("sort_key")
    assert [row.values[company] for row in copies] == ["Acme", "Fabrikam", "Contoso"]
    assert not Run.objects.filter(table=copy).exists()
    assert not Cell.objects.filter(row__table=copy, run_id__isnull=False).exists()
    rows.update(copy, [{"id": copies[0].pk, "cells": {"Company": "Else"}}])
    assert Row.objects.get(pk=first).values == {str(pk): value for pk, value in _values(leads, first).items()}
    assert table_lifecycle.duplicate(actor, leads).name == "Copy of Leads 2"


def _values(table: Table, row_id: int) -> dict[int, str]:
    ids = {column.name: column.pk for column in Column.objects.filter(table=table)}
    return {ids["Company"]: "Acme", ids["Size"]: "10"}


@pytest.fixture
def original(leads: Table, asking: Callable[..., Column], work: Callable[[Table], None]) -> Table:
    """With results of two HTTP columns, B over A, that run by themselves."""
    first = asking("A", "{{Company}}", auto_update=True)
    second = asking("B", "{{A.is}}", auto_update=True)
    for column in (first, second):
        lifecycle.plan(column, "all")
        work(leads)
    return leads


def _of(table: Table, name: str) -> Column:
    return Column.objects.get(table=table, name=name)


def test_results_of_a_copy_are_up_to_date_until_their_inputs_change(
    actor: Actor, original: Table, stale: Callable[[Column], list[bool]]
) -> None:
    copy = copied(actor, original)
    catalog.change(copy, auto_update=False)
    [row] = rows.window(copy, 0, 1)
    rows.update(copy, [{"id": row.pk, "cells": {"Company": "Acme 2"}}])
    assert stale(_of(copy, "A")) == [True, False, False]
    rows.update(copy, [{"id": row.pk, "cells": {"Company": "Acme"}}])
    assert not any(stale(_of(copy, "A")))
    assert not any(stale(_of(original, "A")))


def test_nothing_of_a_copy_is_called_again_for_what_is_the_same(
    actor: Actor, original: Table, echo: Echo, work: Callable[[Table], None], stale: Callable[[Column], list[bool]]
) -> None:
    copy = copied(actor, original)
    echo.take()
    send_rows_changed(copy.pk, None, from_row=0)
    for scope in ("missing", "stale"):
        lifecycle.plan(_of(copy, "A"), scope)
        lifecycle.plan(_of(copy, "B"), scope)
        work(copy)
    assert echo.take() == []
    assert not any(stale(_of(copy, "B")))


def test_an_edit_of_a_copy_calls_what_is_made_of_it_and_nothing_else(
    actor: Actor, original: Table, echo: Echo, work: Callable[[Table], None], cells: Callable[[Column], list[Any]]
) -> None:
    copy = copied(actor, original)
    echo.take()
    [row] = rows.window(copy, 1, 1)
    rows.update(copy, [{"id": row.pk, "cells": {"Company": "Wingtip"}}])
    work(copy)
    assert echo.take() == ["a(Wingtip)", "b(a(Wingtip))"]
    assert cells(_of(copy, "B"))[1] == ("done", {"is": "b(a(Wingtip))"})
    assert cells(_of(original, "B"))[1] == ("done", {"is": "b(a(Fabrikam))"})


def test_other_settings_make_a_copy_out_of_date_as_they_do_the_original(
    actor: Actor, original: Table, work: Callable[[Table], None], stale: Callable[[Column], list[bool]]
) -> None:
    copy = copied(actor, original)
    for table in (original, copy):
        catalog.change(table, auto_update=False)
        column_lifecycle.change(_of(table, "A"), config={"run_if": "{{Size}} != 1"})
        send_rows_changed(table.pk, None, from_row=0)
        work(table)
    assert stale(_of(copy, "A")) == stale(_of(original, "A")) == [True, True, True]
    assert not any(stale(_of(copy, "B")))


def test_what_is_out_of_date_is_so_in_the_copy_and_runs_there(
    actor: Actor, original: Table, echo: Echo, work: Callable[[Table], None], stale: Callable[[Column], list[bool]]
) -> None:
    catalog.change(original, auto_update=False)
    [row] = rows.window(original, 0, 1)
    rows.update(original, [{"id": row.pk, "cells": {"Company": "Wingtip"}}])
    copy = copied(actor, original)
    echo.take()
    send_rows_changed(copy.pk, None, from_row=0)
    work(copy)
    assert stale(_of(copy, "A")) == [True, False, False]
    lifecycle.plan(_of(copy, "A"), "stale")
    work(copy)
    assert echo.take() == ["a(Wingtip)"]
    assert not any(stale(_of(copy, "A")))


def test_a_copied_result_names_no_row_of_the_other_table(
    actor: Actor, leads: Table, asking: Callable[..., Column], work: Callable[[Table], None]
) -> None:
    column = asking("A", "all", collapse_duplicates=True)
    lifecycle.plan(column, "all")
    work(leads)
    copy = copied(actor, leads)
    told = [cell_history.of_cell(row, _of(copy, "A"))["same_as"] for row in rows.window(copy, 0, 3)]
    assert told == [None, None, None]


def test_a_copy_shows_its_columns_as_the_original_does(actor: Actor, leads: Table) -> None:
    column_lifecycle.change(_of(leads, "Company"), pinned=True)
    column_lifecycle.change(_of(leads, "Size"), hidden=True)
    copy = copied(actor, leads)
    assert (_of(copy, "Company").pinned, _of(copy, "Size").hidden) == (True, True)


def test_a_copy_keeps_results_of_an_earlier_request_out_of_date(
    actor: Actor, leads: Table, asking: Callable[..., Column], work: Callable[[Table], None]
) -> None:
    column = asking("A", "{{Company}}")
    lifecycle.plan(column, "all")
    work(leads)
    http_columns.save(column, {"body": json.dumps({"of": "{{Company}}!"})})
    copy = copied(actor, leads)
    results = Cell.objects.filter(column=_of(copy, "A"))
    assert [cell.stale for cell in results] == [True] * 3
    rows.update(copy, [{"id": rows.window(copy, 0, 1)[0].pk, "cells": {"Company": "Acme 2"}}])
    assert [cell.stale for cell in results.all()] == [True] * 3


def test_a_copy_that_is_cancelled_leaves_nothing(actor: Actor, leads: Table) -> None:
    running = table_lifecycle.duplicate(actor, leads)
    uploads.cancel(running)
    assert running.state == "cancelled"
    assert Table.objects.count() == 1
    job.run(running.pk)
    assert Table.objects.count() == 1


def test_what_runs_anywhere_is_listed(call: Caller, leads: Table, http: Callable[..., Column]) -> None:
    run = lifecycle.plan(http(), "all")
    [told] = call("GET", "/runs")[1]["items"]
    assert (told["id"], told["table_id"], told["column"]) == (run.pk, leads.pk, "Profile")
    lifecycle.stop(run)
    assert call("GET", "/runs")[1]["items"] == []
