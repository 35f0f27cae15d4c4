"""Run conditions, evaluated for a batch of rows in the formulas' sandbox."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.columns import formula as formula_columns
from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.models import Run
from enrichment.preview import estimate, one_row
from enrichment.runs import lifecycle
from enrichment.worker import prepare, step
from tables.models import Cell, Column, Row, Table

pytestmark = pytest.mark.django_db(transaction=True)

ENDLESS = "(() => { while (true) {} })()"


def finish(run: Run) -> Run:
    token = ""
    while again := step.advance(run.pk, token):
        token = again[0]
    run.refresh_from_db()
    return run


def reasons(column: Column) -> list[tuple[str, str]]:
    found = Cell.objects.filter(column=column).order_by("row__sort_key")
    return list(found.values_list("state", "error_message"))


def test_a_row_whose_condition_fails_is_skipped_with_the_reason(leads: Table, http: Callable[..., Column]) -> None:
    column = http(run_if='{{Size}}.trim() == "none"')
    run = finish(lifecycle.plan(column, "all"))
    assert (run.state, run.skipped) == ("done", 3)
    assert reasons(column) == [("skipped", ""), ("skipped", ""), ("skipped", "{{Size}} is empty")]


@pytest.mark.usefixtures("impatient")
def test_a_condition_that_hangs_skips_its_rows_and_the_run_ends(leads: Table, http: Callable[..., Column]) -> None:
    column = http(run_if=ENDLESS)
    run = finish(lifecycle.plan(column, "all"))
    assert (run.state, run.skipped) == ("done", 3)
    assert "too long" in reasons(column)[0][1]


def test_rows_are_put_back_while_every_formula_process_is_at_work(
    leads: Table, http: Callable[..., Column], monkeypatch: pytest.MonkeyPatch
) -> None:
    column = http(run_if="{{Size}} > 1000")
    evaluate, busy = Evaluators.verdicts, [True]

    def verdicts(*given: Any) -> list[tuple[bool, str]]:
        if busy:
            busy.pop()
            raise SandboxBusy("at work")
        return evaluate(*given)

    monkeypatch.setattr(Evaluators, "verdicts", verdicts)
    monkeypatch.setattr(prepare, "BUSY", prepare.BUSY * 0)
    run = finish(lifecycle.plan(column, "all"))
    assert (run.state, run.skipped) == ("done", 3)


def test_a_condition_over_a_formula_without_a_value_does_not_hold(
    leads: Table, http: Callable[..., Column], compute: Callable[[Table], None]
) -> None:
    formula_columns.create(leads, "Nothing", "formula", {"formula": "undefined"})
    compute(leads)
    column = http(run_if="{{Nothing}} is not empty")
    assert finish(lifecycle.plan(column, "all")).skipped == 3
    assert {message for _, message in reasons(column)} == {""}


def test_a_preview_says_why_a_row_would_not_run(leads: Table, http: Callable[..., Column]) -> None:
    column = http(run_if="{{Size}}.length > 1")
    last = Row.objects.filter(table=leads).latest("sort_key")
    told = one_row.preview(column, last.pk)
    assert (told["would_run"], told["reason"]) == (False, "{{Size}} is empty")


def test_an_estimate_counts_what_the_condition_lets_run(leads: Table, http: Callable[..., Column]) -> None:
    told = estimate.estimate(http(run_if="{{Size}} > 100"), "all")
    assert (told["would_run"], told["skipped"]) == (1, 2)
