"""Results whose inputs have changed are told as out of date, and no others."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections as databases
from django.db import transaction

from enrichment import graph
from enrichment.columns import formula as formula_columns
from enrichment.columns import http as http_columns
from enrichment.dataflow import auto_update, inputs
from enrichment.dataflow.inputs import NoResult
from enrichment.engine.template.references import Reason
from enrichment.models import Run
from enrichment.runs import lifecycle
from enrichment.worker import step
from tables import catalog, row_order, rows, storage
from tables import columns as table_columns
from tables.models import Cell, Column, Row, Table
from tests.servers.echo import Echo

pytestmark = pytest.mark.django_db(transaction=True)

type Asking = Callable[..., Column]
type Edit = Callable[..., None]
type Stale = Callable[[Column], list[bool]]
type Work = Callable[[Table], None]
type Announced = list[tuple[int, int, dict[str, Any]]]


def finish(run: Run) -> None:
    token = ""
    while again := step.advance(run.pk, token):
        token = again[0]
    run.refresh_from_db()
    assert run.state == Run.State.DONE


def ran(column: Column, scope: object = "all") -> Column:
    finish(lifecycle.plan(column, scope))
    return column


def test_an_edit_marks_the_results_of_its_row_and_undoing_it_takes_the_mark_away(
    asking: Asking, edit: Edit, stale: Stale
) -> None:
    column = ran(asking("A", "{{Company}}"))
    edit(0, Company="Acme 2")
    assert stale(column) == [True, False, False]
    edit(0, Company="Acme")
    assert stale(column) == [False, False, False]


def test_only_columns_that_refer_to_what_was_edited_are_marked(asking: Asking, edit: Edit, stale: Stale) -> None:
    first, second = ran(asking("A", "{{Company}}")), ran(asking("B", "{{Company}}", run_if="{{Size}} > 1"))
    edit(0, Size="11")
    assert (stale(first)[0], stale(second)[0]) == (False, True)


@pytest.mark.parametrize("state", ["done", "no_data", "failed", "skipped", "missing_input"])
def test_every_way_to_end_is_marked(state: str, asking: Asking, echo: Echo, edit: Edit, stale: Stale) -> None:
    answers = {"failed": (500, {"error": "no"}), "no_data": (200, {})}
    echo.answers["a"] = lambda of: answers.get(state, (200, {"is": of}))
    settings: dict[str, Any] = {"skipped": {"run_if": "false"}, "missing_input": {"required": ["Size"]}}
    given = settings.get(state, {})
    column = ran(asking("A", "{{Company}}", field_paths=["is"], **given))
    assert Cell.objects.get(column=column, row=row_order.window(column.table_id, 2, 1)[0]).state == state
    edit(2, Company="Other")
    assert stale(column) == [False, False, True]


def test_a_stopped_row_has_no_result_to_mark(asking: Asking, edit: Edit, stale: Stale) -> None:
    column = ran(asking("A", "{{Company}}"))
    Cell.objects.update(state="cancelled")
    edit(0, Company="Acme 2")
    assert not any(stale(column))


def test_a_new_result_is_up_to_date(asking: Asking, edit: Edit, stale: Stale, leads: Table, echo: Echo) -> None:
    column = ran(asking("A", "{{Company}}"))
    edit(0, Company="Acme 2")
    edit(1, Company="Fabrikam 2")
    echo.take()
    ran(column, "stale")
    assert sorted(echo.calls) == ["a(Acme 2)", "a(Fabrikam 2)"]
    assert not any(stale(column))


def test_a_formula_that_changes_marks_what_is_made_of_it(
    leads: Table, asking: Asking, edit: Edit, stale: Stale, work: Work
) -> None:
    formula_columns.create(leads, "Large", "formula", {"formula": "{{Size}} > 100"})
    work(leads)
    column = ran(asking("A", "{{Company}} {{Large}}"))
    edit(0, Size="11")
    edit(1, Size="11")
    work(leads)
    assert stale(column) == [False, True, False]
    edit(1, Size="250")
    work(leads)
    assert not any(stale(column))


def test_a_new_result_marks_what_is_made_of_it(asking: Asking, echo: Echo, stale: Stale, leads: Table) -> None:
    first = ran(asking("A", "{{Company}}"))
    second = ran(asking("B", "{{A.is}}"))
    echo.answers["a"] = lambda of: (200, {"is": "new" if of == "Acme" else f"a({of})"})
    ran(first)
    assert stale(second) == [True, False, False]
    del echo.answers["a"]
    ran(first)
    assert not any(stale(second))


def test_browsers_are_told(asking: Asking, edit: Edit, announced: Announced) -> None:
    column = ran(asking("A", "{{Company}}"))
    announced.clear()
    edit(0, Company="Acme 2")
    edit(0, Company="Acme")
    told = [(cell["value"], cell["stale"]) for _, column_id, cell in announced if column_id == column.pk]
    assert told == [({"is": "a(Acme)"}, True), ({"is": "a(Acme)"}, False)]


def test_many_rows_are_marked_by_a_worker(leads: Table, asking: Asking, work: Work) -> None:
    new = rows.append(leads, [{"Company": f"New {number}"} for number in range(1200)])
    column = ran(asking("A", "{{Company}}", max_in_flight=64))
    rows.update(leads, [{"id": pk, "cells": {"Company": "Other"}} for pk in new])
    assert not Cell.objects.filter(stale=True).exists()
    work(leads)
    assert Cell.objects.filter(column=column, stale=True).count() == 1200


def test_another_type_of_column_marks_what_reads_differently(
    leads: Table, asking: Asking, edit: Edit, stale: Stale, work: Work
) -> None:
    edit(0, Size="true")
    column = ran(asking("A", "{{Size}}"))
    table_columns.change_type(Column.objects.get(name="Size"), "checkbox")
    work(leads)
    assert stale(column) == [True, False, False]


def test_the_api_tells_that_a_result_is_out_of_date(leads: Table, asking: Asking, edit: Edit) -> None:
    column = ran(asking("A", "{{Company}}"))
    edit(0, Company="Acme 2")
    cell = rows.as_json(rows.window(leads, 0, 1), [column])[0]["cells"][str(column.pk)]
    assert (cell["state"], cell["value"], cell["stale"]) == ("done", {"is": "a(Acme)"}, True)


def test_nothing_is_marked_twice_or_for_a_name(leads: Table, asking: Asking, edit: Edit, stale: Stale) -> None:
    column = ran(asking("A", "{{Company}}"))
    table_columns.rename(Column.objects.get(name="Company"), "Firm")
    edit(0, Size="11")
    catalog.change(leads, name="Others")
    assert not any(stale(column))


class TestTheFingerprint:
    def test_is_short_and_the_same_for_the_same_values(self) -> None:
        values = {1: "Acme", 2: {"b": 1, "a": [None, True]}, 3: None}
        same = {3: None, 2: {"a": [None, True], "b": 1}, 1: "Acme", 4: "not asked for"}
        assert inputs.fingerprint(values, {1, 2, 3}) == inputs.fingerprint(same, [3, 2, 1])
        assert len(inputs.fingerprint(values, {1, 2, 3})) == 32

    @pytest.mark.parametrize(
        "other",
        [{1: "10"}, {1: None}, {2: 10}, {1: 10, 2: 10}, {1: NoResult("A", Reason.SKIPPED)}, {1: [10]}],
    )
    def test_differs_for_other_values(self, other: dict[int, object]) -> None:
        assert inputs.fingerprint({1: 10}, {1, 2}) != inputs.fingerprint(other, {1, 2})

    def test_takes_what_no_database_would(self) -> None:
        assert inputs.fingerprint({1: "\ud800\0", 2: 10**400}, {1, 2})

    def test_does_not_hang_on_a_name_or_on_how_long_a_result_is_waited_for(self) -> None:
        before, after = (
            NoResult("A", Reason.NO_RESULT_YET, state="waiting"),
            NoResult("B", Reason.NO_RESULT_YET, state="missing_input"),
        )
        assert inputs.fingerprint({1: before}, [1]) == inputs.fingerprint({1: after}, [1])

    def test_is_over_the_columns_that_the_settings_refer_to(self, leads: Table) -> None:
        given = [table_columns.create(leads, f"Given {number}") for number in range(6)]
        config = {
            "url": "https://api.example/{{Given 0}}",
            "query": [{"name": "q", "value": "{{Given 1}}"}],
            "headers": [{"name": "X-Team", "value": "{{Given 2}}"}],
            "body": '{"a": "{{Given 3}}", "{{Company}}": 1}',
            "run_if": "{{Given 4}} > 1",
            "required": ["Given 5"],
        }
        column = http_columns.create(leads, "A", config)
        compiled = http_columns.draft(column).compiled
        named = {item.pk for item in given} | {Column.objects.get(name="Company").pk}
        assert compiled.column_ids == graph.of_table(leads.pk).requests[column.pk] == named


def test_rows_that_were_deleted_are_left_out(leads: Table, asking: Asking) -> None:
    column = ran(asking("A", "{{Company}}"))
    [first, *_] = Row.objects.filter(table=leads).order_by("sort_key").values_list("pk", flat=True)
    rows.delete(leads, [first])
    with transaction.atomic():
        storage.lock_table(leads.pk)
        dependencies = graph.of_table(leads.pk)
        assert auto_update.follow(leads.pk, dependencies, {column.pk: [first]}) == {column.pk: set()}


def body(of: str) -> dict[str, str]:
    return {"body": json.dumps({"of": of})}


def test_results_of_an_earlier_request_are_marked_until_they_run_again(
    asking: Asking, stale: Stale, leads: Table
) -> None:
    column = ran(asking("A", "{{Company}}"))
    http_columns.save(column, body("{{Company}}, {{Size}}"))
    assert stale(column) == [True, True, True]
    ran(column, {"first": 1})
    ran(column, "stale")
    assert stale(column) == [False, False, False]


def test_a_result_that_was_asked_for_before_the_settings_changed_is_of_the_earlier_request(
    asking: Asking, stale: Stale, echo: Echo, compute: Work, leads: Table
) -> None:
    column = asking("A", "{{Company}}", max_in_flight=1)
    http_columns.save(column, body("{{Company}}?"))

    def changed_meanwhile(of: str) -> tuple[int, Any]:
        if of == "Acme?":
            http_columns.save(column, body("{{Company}}!"))
            databases.close_all()
        return 200, {"is": of}

    echo.answers["a"] = changed_meanwhile
    ran(column)
    answers = Cell.objects.filter(column=column).order_by("row__sort_key").values_list("value__is", flat=True)
    asked = [str(answer).endswith("?") for answer in answers]
    assert asked[0]
    assert stale(column) == asked
    http_columns.save(column, body("{{Company}}?"))
    compute(leads)
    assert stale(column) == [not of_then for of_then in asked]
    del echo.answers["a"]
    ran(column)
    assert stale(column) == [False, False, False]


def test_when_an_earlier_request_is_back_so_are_its_results_but_those_of_other_inputs(
    asking: Asking, stale: Stale, edit: Edit, leads: Table, compute: Work
) -> None:
    column = ran(asking("A", "{{Company}}"))
    http_columns.save(column, body("{{Company}}!"))
    edit(0, Company="Acme 2")
    http_columns.save(column, body("{{Company}}"))
    compute(leads)
    assert stale(column) == [True, False, False]


@pytest.mark.parametrize("settings", [{"run_if": "true"}, {"timeout_ms": 1000}, {"max_in_flight": 1}, {}])
def test_settings_that_change_no_result_mark_none(settings: dict[str, Any], asking: Asking, stale: Stale) -> None:
    column = ran(asking("A", "{{Company}}"))
    http_columns.save(column, settings)
    assert stale(column) == [False, False, False]


def test_rows_do_not_run_by_themselves_because_the_request_was_changed(
    asking: Asking, stale: Stale, edit: Edit, echo: Echo, work: Work, leads: Table
) -> None:
    column = ran(asking("A", "{{Company}}", auto_update=True))
    http_columns.save(column, body("{{Company}}!"))
    http_columns.save(column, body("{{Company}}?"))
    echo.take()
    edit(1, Size="7")
    work(leads)
    assert (echo.take(), stale(column)) == ([], [True, True, True])
    edit(1, Company="New")
    work(leads)
    assert (echo.take(), stale(column)) == (["a(New?)"], [True, False, True])
