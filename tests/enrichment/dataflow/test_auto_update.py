"""New and changed rows run by themselves: which ones, and in which runs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from enrichment import graph
from enrichment.columns import formula as formula_columns
from enrichment.dataflow import auto_update
from enrichment.models import Run
from enrichment.runs import lifecycle
from enrichment.worker import step
from tables import catalog, open_rows, rows, storage
from tables.models import Cell, Column, Row, Table
from tests.servers.echo import Echo

pytestmark = pytest.mark.django_db(transaction=True)

type Asking = Callable[..., Column]
type Edit = Callable[..., None]
type Stale = Callable[[Column], list[bool]]
type Work = Callable[[Table], None]


def ids(table: Table) -> list[int]:
    return list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))


def scopes(column: Column) -> list[Any]:
    return [run.scope for run in Run.objects.filter(column=column).order_by("pk")]


def test_a_changed_row_runs_again_and_another_column_does_not(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit
) -> None:
    asking("A", "{{Company}}", auto_update=True)
    asking("B", "{{Size}}", auto_update=True)
    edit(0, Company="Acme 2")
    work(leads)
    assert echo.take() == ["a(Acme 2)"]
    edit(0, Company="Acme")
    work(leads)
    assert echo.calls == ["a(Acme)"]


def test_a_row_without_a_result_runs_when_it_is_edited(leads: Table, asking: Asking, echo: Echo, work: Work) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    first, second, _ = ids(leads)
    rows.update(leads, [{"id": pk, "cells": {"Company": "New", "Size": "1"}} for pk in (first, second)])
    assert scopes(column) == [{"ids": [first, second]}]


def test_an_edit_that_is_undone_before_the_row_runs_sends_what_is_there(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit
) -> None:
    asking("A", "{{Company}}", auto_update=True)
    edit(0, Company="Acme 2")
    edit(0, Company="Acme")
    work(leads)
    assert echo.calls == ["a(Acme)"]


def test_a_condition_that_holds_after_an_edit_runs_the_row(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit
) -> None:
    asking("A", "{{Company}}", auto_update=True, run_if="{{Size}} > 100")
    edit(0, Size="11")
    work(leads)
    assert echo.calls == []
    edit(0, Size="111")
    work(leads)
    assert echo.calls == ["a(Acme)"]


def test_a_row_that_a_run_has_still_to_come_to_is_not_planned_twice(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit
) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    lifecycle.plan(column, "all")
    edit(0, Company="Acme 2")
    assert scopes(column) == ["all"]
    work(leads)
    assert sorted(echo.calls) == ["a(Acme 2)", "a(Contoso)", "a(Fabrikam)"]


def test_rows_join_a_run_that_has_not_come_to_them(leads: Table, asking: Asking, echo: Echo, work: Work) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    first, second, third = ids(leads)
    auto_update.run_rows(column.pk, [first])
    auto_update.run_rows(column.pk, [second])
    [run] = Run.objects.all()
    assert (run.scope, run.total, run.last_row) == ({"ids": [first, second]}, 2, second)
    Run.objects.update(state="running", cursor=second)
    auto_update.run_rows(column.pk, [first, third])
    assert scopes(column) == [{"ids": [first, second, third]}, {"ids": [first]}]


def test_a_paused_run_is_not_joined(leads: Table, asking: Asking) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    first, second, _ = ids(leads)
    auto_update.run_rows(column.pk, [first])
    lifecycle.pause(Run.objects.get())
    auto_update.run_rows(column.pk, [second])
    assert scopes(column) == [{"ids": [first]}, {"ids": [second]}]


def test_a_run_by_hand_is_not_joined(leads: Table, asking: Asking) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    first, second, _ = ids(leads)
    lifecycle.plan(column, {"ids": [first]})
    auto_update.run_rows(column.pk, [second])
    assert scopes(column) == [{"ids": [first]}, {"ids": [second]}]


def left(table: Table, row_ids: list[int]) -> None:
    auto_update.rows_left(table.pk, row_ids)


def test_a_row_that_is_being_typed_into_runs_once_it_is_left(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit
) -> None:
    asking("A", "{{Company}} {{Size}}", auto_update=True)
    first = ids(leads)[0]
    for typed in ({"Company": "Zeta"}, {"Size": "12"}):
        open_rows.keep_open(leads.pk, [first])
        edit(0, **typed)
        step.advance(Run.objects.latest("pk").pk, "")
        assert echo.calls == []
    left(leads, [first])
    work(leads)
    assert echo.calls == ["a(Zeta 12)"]


def test_a_row_that_nobody_leaves_runs_when_its_time_is_over(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_rows, "OPEN_SECONDS", 0.2)
    asking("A", "{{Company}}", auto_update=True)
    open_rows.keep_open(leads.pk, ids(leads)[:1])
    edit(0, Company="Zeta")
    work(leads)
    assert echo.calls == ["a(Zeta)"]


def test_a_run_that_somebody_started_waits_for_no_row(leads: Table, asking: Asking, echo: Echo, work: Work) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    open_rows.keep_open(leads.pk, ids(leads))
    lifecycle.plan(column, {"first": 1})
    work(leads)
    assert len(echo.calls) == 1


@pytest.mark.parametrize(
    ("method", "remove_null", "state"),
    [
        ("POST", False, "missing_input"),
        ("PUT", False, "missing_input"),
        ("POST", True, "done"),
    ],
)
def test_a_write_runs_by_itself_only_with_all_that_it_refers_to(
    leads: Table, asking: Asking, work: Work, edit: Edit, method: str, remove_null: bool, state: str
) -> None:
    column = asking("A", "{{Company}} {{Size}}", auto_update=True, method=method, remove_null=remove_null)
    edit(0, Company="Zeta", Size="")
    work(leads)
    cell = Cell.objects.get(column=column, row_id=ids(leads)[0])
    assert (cell.state, cell.error_message) == (state, "Missing input: Size" if state == "missing_input" else "")


class TestKeepExisting:
    def test_marks_a_changed_row_with_a_result_and_does_not_run_it(
        self, leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit, stale: Stale
    ) -> None:
        column = asking("A", "{{Company}}", auto_update=True, keep_existing=True)
        lifecycle.plan(column, {"first": 2})
        work(leads)
        echo.take()
        edit(0, Company="Acme 2")
        edit(2, Company="Contoso 2")
        rows.append(leads, [{"Company": "Fresh"}])
        work(leads)
        assert sorted(echo.calls) == ["a(Contoso 2)", "a(Fresh)"]
        assert stale(column) == [True, False, False, False]

    def test_runs_a_row_that_failed(self, leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit) -> None:
        column = asking("A", "{{Company}}", auto_update=True, keep_existing=True)
        echo.answers["a"] = lambda of: (404, {"error": "no such company"})
        lifecycle.plan(column, {"first": 1})
        work(leads)
        edit(0, Company="Acme 2")
        work(leads)
        assert echo.calls == ["a(Acme)", "a(Acme 2)"]

    def test_keeps_it_behind_a_formula_and_behind_another_column(
        self, leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit, stale: Stale
    ) -> None:
        first = asking("A", "{{Company}}", auto_update=True)
        formula_columns.create(leads, "Loud", "formula", {"formula": "{{Company}}.toUpperCase()"})
        over_formula = asking("B", "{{Loud}} {{Size}}", auto_update=True, keep_existing=True)
        over_results = asking("C", "{{A.is}}", auto_update=True, keep_existing=True)
        work(leads)
        lifecycle.plan(first, "all")
        lifecycle.plan(over_formula, "all")
        work(leads)
        echo.take()
        edit(0, Company="Acme 2")
        work(leads)
        assert echo.calls == ["a(Acme 2)"]
        assert stale(over_formula) == stale(over_results) == [True, False, False]


def test_a_column_that_does_not_run_by_itself_marks_alone(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Edit, stale: Stale
) -> None:
    column = asking("A", "{{Company}}", auto_update=True)
    lifecycle.plan(column, "all")
    work(leads)
    catalog.change(leads, auto_update=False)
    edit(0, Company="Acme 2")
    work(leads)
    assert len(echo.calls) == 3
    assert stale(column) == [True, False, False]


def test_a_row_whose_input_was_stopped_does_not_run(leads: Table, asking: Asking, work: Work) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}", auto_update=True)
    lifecycle.plan(first, {"first": 1})
    work(leads)
    Run.objects.filter(column=second).delete()
    Cell.objects.filter(column=second).delete()
    Cell.objects.filter(column=first).update(state="cancelled")
    with transaction.atomic():
        storage.lock_table(leads.pk)
        auto_update.follow(leads.pk, graph.of_table(leads.pk), {second.pk: ids(leads)})
    assert not Run.objects.filter(column=second).exists()


def test_a_pasted_block_runs_as_one(
    leads: Table, asking: Asking, echo: Echo, work: Work, compute: Callable[[Table], None]
) -> None:
    column = asking("A", "{{Company}}", auto_update=True, max_in_flight=64)
    new = rows.append(leads, [{"Company": f"New {number}"} for number in range(700)])
    work(leads)
    rows.update(leads, [{"id": pk, "cells": {"Company": "Other"}} for pk in new])
    compute(leads)
    assert scopes(column) == [{"ids": new}, {"ids": new}]
    work(leads)
    assert len(echo.calls) == 1400


def test_new_rows_wait_for_their_formulas_alone(leads: Table, asking: Asking, echo: Echo, work: Work) -> None:
    asking("A", "{{Company}}")
    formula_columns.create(leads, "Loud", "formula", {"formula": "{{Company}}.toUpperCase()"})
    formula_columns.create(leads, "City", "extract", {"source": "A", "path": "city"})
    work(leads)
    asking("B", "{{Loud}}", auto_update=True)
    rows.append(leads, [{"Company": "Fresh"}])
    work(leads)
    assert echo.calls == ["b(FRESH)"]


def test_an_edit_reaches_rows_that_were_not_taken_yet(leads: Table, asking: Asking, echo: Echo, edit: Edit) -> None:
    run = lifecycle.plan(asking("A", "{{Company}}", auto_update=True), {"first": 1})
    edit(0, Company="Acme 2")
    step.advance(run.pk, "")
    assert echo.calls == ["a(Acme 2)"]
