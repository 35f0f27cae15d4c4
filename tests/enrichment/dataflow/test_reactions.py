"""HTTP columns over the results of other ones: in order, for exactly the rows concerned, and waiting for no longer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db import connections as databases
from django.test.utils import CaptureQueriesContext

from enrichment import graph
from enrichment.columns import formula as formula_columns
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.dataflow import inputs, reactions
from enrichment.engine.template.references import Reason
from enrichment.models import Claim, Recalculation, Run
from enrichment.runs import lifecycle
from enrichment.runs.results import Result
from enrichment.worker import step as steps
from tables import catalog, rows
from tables.models import Cell, Column, Row, Table
from tables.signals import send_rows_changed
from tests.servers.echo import Echo
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Asking = Callable[..., Column]
type Work = Callable[[Table], None]
type Cells = Callable[[Column], list[Any]]


def told(column: Column) -> list[tuple[str, str]]:
    """(state, message) in the order of the rows."""
    found = Cell.objects.filter(column=column).order_by("row__sort_key")
    return list(found.values_list("state", "error_message"))


def ids(table: Table) -> list[int]:
    return list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))


@pytest.fixture
def chain(asking: Asking) -> tuple[Column, Column, Column]:
    """A over Company, B over A, C over B and Company; all of them run by themselves."""
    return (
        asking("A", "{{Company}}", auto_update=True),
        asking("B", "{{A.is}}", auto_update=True),
        asking("C", "{{B.is}} {{Company}}", auto_update=True),
    )


def test_a_new_row_runs_a_chain_in_order(leads: Table, chain: tuple[Column, ...], echo: Echo, work: Work) -> None:
    rows.append(leads, [{"Company": "Fresh"}, {"Company": "New"}])
    work(leads)
    assert sorted(echo.calls[:2]) == ["a(Fresh)", "a(New)"]
    assert sorted(echo.calls[2:4]) == ["b(a(Fresh))", "b(a(New))"]
    assert sorted(echo.calls[4:]) == ["c(b(a(Fresh)) Fresh)", "c(b(a(New)) New)"]


def test_an_edit_runs_what_follows_from_it_once_and_in_order(
    leads: Table, chain: tuple[Column, ...], echo: Echo, work: Work, edit: Callable[..., None]
) -> None:
    rows.append(leads, [{"Company": "Fresh"}])
    work(leads)
    echo.take()
    edit(3, Company="Fresher")
    work(leads)
    assert echo.calls == ["a(Fresher)", "b(a(Fresher))", "c(b(a(Fresher)) Fresher)"]


def test_the_last_of_a_chain_runs_once_when_the_middle_stays_the_same(
    leads: Table, chain: tuple[Column, ...], echo: Echo, work: Work, edit: Callable[..., None]
) -> None:
    rows.append(leads, [{"Company": "Fresh"}])
    echo.answers["a"] = lambda of: (200, {"is": "the same"})
    work(leads)
    echo.take()
    edit(3, Company="Fresher")
    work(leads)
    assert echo.calls == ["a(Fresher)", "c(b(the same) Fresher)"]


def test_a_column_run_by_hand_is_followed_for_exactly_the_rows_that_changed(
    leads: Table, asking: Asking, echo: Echo, work: Work, cells: Cells
) -> None:
    first = asking("A", "{{Company}}")
    second = asking("B", "{{A.is}}", auto_update=True)
    lifecycle.plan(first, "all")
    work(leads)
    assert [value["is"] for _, value in cells(second)] == ["b(a(Acme))", "b(a(Fabrikam))", "b(a(Contoso))"]
    echo.take()
    echo.answers["a"] = lambda of: (200, {"is": "another" if of == "Acme" else f"a({of})"})
    lifecycle.plan(first, "all")
    work(leads)
    assert sorted(echo.calls) == ["a(Acme)", "a(Contoso)", "a(Fabrikam)", "b(another)"]


def test_a_row_waits_while_the_column_before_it_is_still_to_run(
    leads: Table, asking: Asking, echo: Echo, work: Work, cells: Cells
) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    before, run = lifecycle.plan(first, "all"), lifecycle.plan(second, "all")
    again = steps.advance(run.pk, "")
    assert again
    assert told(second) == [("waiting", "Waiting for A")] * 3
    assert set(Cell.objects.filter(column=second).values_list("due_at", flat=True)) == {None}
    finish(before)
    assert told(second) == [("queued", "")] * 3
    finish(run, again[0])
    assert [state for state, _ in cells(second)] == ["done"] * 3
    assert all(call.startswith("a(") for call in echo.calls[:3])


def finish(run: Run, token: str = "") -> None:
    while again := steps.advance(run.pk, token):
        token = again[0]


def test_a_row_waits_for_a_new_result_even_where_there_is_an_old_one(
    leads: Table, asking: Asking, echo: Echo, work: Work
) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    finish(lifecycle.plan(first, "all"))
    echo.answers["a"] = lambda of: (200, {"is": "new"})
    lifecycle.plan(first, {"ids": ids(leads)[:1]})
    lifecycle.plan(second, "all")
    echo.take()
    work(leads)
    assert sorted(echo.calls) == ["a(Acme)", "b(a(Contoso))", "b(a(Fabrikam))", "b(new)"]


def test_rows_that_a_worker_has_taken_are_still_to_come(leads: Table, asking: Asking) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    finish(lifecycle.plan(first, "all"))
    run = lifecycle.plan(first, "all")
    Run.objects.filter(pk=run.pk).update(cursor=run.last_row)
    taken, free, _ = Row.objects.filter(table=leads).order_by("sort_key")
    Claim.objects.create(run=run, column_id=first.pk, worker_id=1, row_ids=[taken.pk])
    needs = graph.of_table(leads.pk).requests[second.pk]
    found = inputs.of_rows([taken, free], leads.pk, needs)
    assert found[taken.pk][first.pk] == inputs.NoResult("A", Reason.TO_COME, state="waiting")
    assert found[free.pk][first.pk] == {"is": "a(Fabrikam)"}


def test_stopping_a_column_wakes_what_waits_for_it(leads: Table, asking: Asking, echo: Echo) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    finish(lifecycle.plan(first, {"first": 1}))
    before, run = lifecycle.plan(first, "all"), lifecycle.plan(second, "all")
    again = steps.advance(run.pk, "")
    assert again
    assert [state for state, _ in told(second)] == ["waiting"] * 3
    lifecycle.stop(before)
    finish(run, again[0])
    assert told(second) == [("done", ""), ("missing_input", "Missing input: A"), ("missing_input", "Missing input: A")]
    assert echo.calls == ["a(Acme)", "b(a(Acme))"]


def test_deleting_a_column_wakes_what_waits_for_it(leads: Table, asking: Asking, work: Work) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    lifecycle.plan(first, "all")
    run = lifecycle.plan(second, {"first": 1})
    steps.advance(run.pk, "")
    column_lifecycle.delete(first, force=True)
    assert [state for state, _ in told(second)] == ["queued"]


def test_what_comes_just_before_a_row_is_stored_as_waiting_is_not_missed(leads: Table, asking: Asking) -> None:
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    finish(lifecycle.plan(first, {"first": 2}))
    lifecycle.plan(first, "all")
    Run.objects.filter(column=first, state="planning").update(cursor=ids(leads)[1])
    run = lifecycle.plan(second, "all")
    late = [Result(pk, "waiting") for pk in ids(leads)]
    for result in late:
        Cell.objects.create(row_id=result.row_id, column=second, state=result.state, run_id=run.pk)
    reactions.results_stored(run, late)
    assert [state for state, _ in told(second)] == ["queued", "queued", "waiting"]


@pytest.mark.parametrize(
    ("answer", "state", "message"),
    [
        ((404, {"error": "no such company"}), "failed", "A failed: 404 · no such company"),
        ((200, {"is": "good"}), "done", ""),
    ],
)
def test_a_row_tells_what_its_input_lacks(
    answer: tuple[int, Any], state: str, message: str, leads: Table, asking: Asking, echo: Echo, work: Work
) -> None:
    echo.answers["a"] = lambda of: answer
    first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}")
    finish(lifecycle.plan(first, {"first": 1}))
    finish(lifecycle.plan(second, {"first": 2}))
    assert told(second) == [(state, message), ("missing_input", "Missing input: A")]


def test_a_skipped_input_is_missing(leads: Table, asking: Asking, echo: Echo) -> None:
    first, second = asking("A", "{{Company}}", run_if="{{Size}} > 100"), asking("B", "{{A.is}}")
    last = asking("C", "{{B.is}}")
    for column in (first, second, last):
        finish(lifecycle.plan(column, {"first": 2}))
    assert told(second) == [("missing_input", "Missing input: A"), ("done", "")]
    assert told(last) == [("missing_input", "Missing input: B"), ("done", "")]
    assert len(echo.calls) == 3


def test_a_condition_over_a_missing_result_is_missing_input_and_one_that_asks_for_its_state_is_not(
    leads: Table, asking: Asking, echo: Echo
) -> None:
    asking("A", "{{Company}}")
    second = asking("B", "{{Company}}", run_if='{{A.is}} == "good"')
    third = asking("C", "{{Company}}", run_if='Clay.getCellStatus({{A}}) != "SUCCESS"')
    finish(lifecycle.plan(second, {"first": 1}))
    finish(lifecycle.plan(third, {"first": 1}))
    assert told(second) == [("missing_input", "Missing input: A")]
    assert [state for state, _ in told(third)] == ["done"]


def test_a_second_source_runs_where_the_first_one_found_nothing(
    leads: Table, asking: Asking, echo: Echo, work: Work
) -> None:
    asking("A", "{{Company}}", auto_update=True, field_paths=["is"])
    asking("B", "{{Company}}", auto_update=True, run_if="{{A}} is empty")
    echo.answers["a"] = lambda of: (200, {"is": of} if of == "Known" else {})
    rows.append(leads, [{"Company": "Known"}, {"Company": "Unknown"}])
    work(leads)
    assert sorted(echo.calls) == ["a(Known)", "a(Unknown)", "b(Unknown)"]


def test_a_column_over_two_runs_once_both_are_there(leads: Table, asking: Asking, echo: Echo, work: Work) -> None:
    asking("A", "{{Company}}", auto_update=True)
    other = asking("B", "{{Company}}")
    last = asking("C", "{{A.is}} {{B.is}}", auto_update=True)
    [new] = rows.append(leads, [{"Company": "Fresh"}])
    work(leads)
    assert not Run.objects.filter(column=last).exists()
    lifecycle.plan(other, {"ids": [new]})
    work(leads)
    assert echo.calls == ["a(Fresh)", "b(Fresh)", "c(a(Fresh) b(Fresh))"]


def test_a_formula_between_two_columns_is_waited_for(
    leads: Table, asking: Asking, echo: Echo, work: Work, edit: Callable[..., None]
) -> None:
    asking("A", "{{Company}}", auto_update=True)
    formula_columns.create(leads, "Loud", "formula", {"formula": "{{A.is}}.toUpperCase()"})
    last = asking("B", "{{Loud}}", auto_update=True)
    rows.append(leads, [{"Company": "Fresh"}])
    work(leads)
    assert echo.take() == ["a(Fresh)", "b(A(FRESH))"]
    edit(3, Company="Fresher")
    work(leads)
    assert echo.take() == ["a(Fresher)", "b(A(FRESHER))"]
    lifecycle.plan(Column.objects.get(name="A"), "all")
    lifecycle.plan(last, "all")
    work(leads)
    assert [state for state, _ in told(last)] == ["done"] * 4
    assert all(call.startswith("a(") for call in echo.calls[:4])


def test_a_formula_over_what_never_ran_is_missing(leads: Table, asking: Asking, work: Work) -> None:
    asking("A", "{{Company}}")
    formula_columns.create(leads, "Loud", "formula", {"formula": "{{A.is}}.toUpperCase()"})
    last = asking("B", "{{Loud}}")
    work(leads)
    finish(lifecycle.plan(last, {"first": 1}))
    assert told(last) == [("missing_input", "Missing input: Loud")]


def test_nothing_follows_where_the_column_or_the_table_does_not_run_by_itself(
    leads: Table, asking: Asking, echo: Echo, work: Work
) -> None:
    first = asking("A", "{{Company}}")
    asking("B", "{{A.is}}")
    asking("C", "{{A.is}}", auto_update=True)
    catalog.change(leads, auto_update=False)
    lifecycle.plan(first, "all")
    work(leads)
    assert len(echo.calls) == 3


def test_columns_that_would_wait_for_each_other_are_refused(leads: Table, asking: Asking) -> None:
    first = asking("A", "{{Company}}")
    formula_columns.create(leads, "Loud", "formula", {"formula": "{{A.is}}.toUpperCase()"})
    asking("B", "{{Loud}}")
    with pytest.raises(Refused, match="A → B → Loud → A"):
        http_columns.save(first, {"body": '{"of": "{{B.is}}"}'})


def test_rows_of_a_file_run_a_chain_as_results_come(
    leads: Table, chain: tuple[Column, ...], echo: Echo, work: Work
) -> None:
    names = [f"New {number}" for number in range(30)]
    catalog.change(leads, auto_update=False)
    [first, *_] = rows.append(leads, [{"Company": name} for name in names])
    catalog.change(leads, auto_update=True)
    send_rows_changed(leads.pk, None, added=True, from_row=first)  # as an import does
    work(leads)
    assert len(echo.calls) == 90
    assert {call for call in echo.calls if call.startswith("c(")} == {f"c(b(a({name})) {name})" for name in names}


def test_a_column_that_nothing_refers_to_pays_four_queries_for_its_results(leads: Table, http: Asking) -> None:
    run = lifecycle.plan(http(), "all")
    formula_columns.create(leads, "Loud", "formula", {"formula": "{{Company}}.toUpperCase()"})
    stored = [Result(pk, "done") for pk in ids(leads)]
    with CaptureQueriesContext(connection) as queries:
        reactions.results_stored(run, stored)
    assert len(queries) == 4


class TestWhileARequestIsUnderWay:
    def stepping(self, run: Run) -> threading.Thread:
        def advance() -> None:
            finish(run)
            databases.close_all()

        thread = threading.Thread(target=advance)
        thread.start()
        return thread

    def test_an_edit_marks_the_result_when_it_comes(
        self, leads: Table, asking: Asking, echo: Echo, edit: Callable[..., None], stale: Callable[..., list[bool]]
    ) -> None:
        column = asking("A", "{{Company}}")
        run = lifecycle.plan(column, {"first": 2})
        with echo.holding("a"):
            step = self.stepping(run)
            echo.wait_for("a(Acme)")
            echo.wait_for("a(Fabrikam)")
            edit(0, Company="Acme 2")
            edit(1, Company="Other")
            edit(1, Company="Fabrikam")
        step.join()
        steps.drain(5)
        assert stale(column) == [True, False]
        assert not Recalculation.objects.exists()

    def test_an_edit_runs_the_row_again_when_the_column_runs_by_itself(
        self, leads: Table, asking: Asking, echo: Echo, edit: Callable[..., None], work: Work
    ) -> None:
        column = asking("A", "{{Company}}", auto_update=True)
        run = lifecycle.plan(column, {"first": 1})
        with echo.holding("a"):
            step = self.stepping(run)
            echo.wait_for("a(Acme)")
            edit(0, Company="Acme 2")
        step.join()
        steps.drain(5)
        work(leads)
        assert echo.calls == ["a(Acme)", "a(Acme 2)"]
        assert not Cell.objects.get(column=column).stale

    def test_a_new_result_of_the_column_before_it_runs_the_row_again(
        self, leads: Table, asking: Asking, echo: Echo, work: Work
    ) -> None:
        first, second = asking("A", "{{Company}}"), asking("B", "{{A.is}}", auto_update=True)
        finish(lifecycle.plan(first, {"first": 1}))
        with echo.holding("b"):
            step = self.stepping(Run.objects.get(column=second))
            echo.wait_for("b(a(Acme))")
            echo.answers["a"] = lambda of: (200, {"is": "new"})
            finish(lifecycle.plan(first, {"first": 1}))
        step.join()
        steps.drain(5)
        work(leads)
        assert echo.calls == ["a(Acme)", "b(a(Acme))", "a(Acme)", "b(new)"]
