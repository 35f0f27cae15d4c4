"""Formula and field columns follow what they refer to, and HTTP columns follow them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from enrichment import leases
from enrichment.columns import formula as formula_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.dataflow import computed_batches, recalculate, recalculations
from enrichment.models import Recalculation, Run
from tables import catalog, dispatch, rows, stored_rows
from tables.imports import job, uploads
from tables.models import HANDED_DOWN, Cell, Column, Row, Table
from tests.enrichment.conftest import sweep
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

type Compute = Callable[[Table], None]
type Cells = Callable[[Column], list[Any]]
type Http = Callable[..., Column]
type Answer = Callable[..., None]
type Announced = list[tuple[int, int, dict[str, Any]]]


def double(table: Table) -> Column:
    return formula_columns.create(table, "Double", "formula", {"formula": "{{Size}} * 2"})


def row_ids(table: Table) -> list[int]:
    return list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))


def test_a_new_formula_computes_every_row(leads: Table, compute: Compute, cells: Cells) -> None:
    column = formula_columns.create(leads, "Name", "formula", {"formula": "{{Size}} ? {{Company}} : undefined"})
    compute(leads)
    assert cells(column) == [("done", "Acme"), ("done", "Fabrikam"), ("empty", None)]
    assert not Recalculation.objects.exists()


def test_formulas_over_formulas_are_computed_in_order(leads: Table, compute: Compute, cells: Cells) -> None:
    first = double(leads)
    second = formula_columns.create(leads, "Four times", "formula", {"formula": "{{Double}} * 2"})
    compute(leads)
    rows.update(leads, [{"id": row_ids(leads)[0], "cells": {"Size": "100"}}])
    compute(leads)
    assert (cells(first)[0], cells(second)[0]) == (("done", 200), ("done", 400))


def test_an_empty_formula_is_null_for_the_next_one(leads: Table, compute: Compute, cells: Cells) -> None:
    formula_columns.create(leads, "Nothing", "formula", {"formula": "undefined"})
    column = formula_columns.create(leads, "Other", "formula", {"formula": '{{Nothing}} || "none"'})
    compute(leads)
    rows.update(leads, [{"id": row_ids(leads)[0], "cells": {"Size": "1"}}])
    compute(leads)
    assert cells(column) == [("done", "none")] * 3


def test_only_what_differs_is_announced(leads: Table, compute: Compute, announced: Announced) -> None:
    column = formula_columns.create(leads, "Large", "formula", {"formula": "{{Size}} > 100"})
    compute(leads)
    announced.clear()
    first, second, _ = row_ids(leads)
    rows.update(leads, [{"id": pk, "cells": {"Size": "11"}} for pk in (first, second)])
    compute(leads)
    told = [(row_id, cell["value"]) for row_id, column_id, cell in announced if column_id == column.pk]
    assert told == [(second, False)]


def test_rows_of_a_file_are_computed_as_a_range(
    leads: Table, compute: Compute, cells: Cells, workspace: Workspace, editor: User
) -> None:
    column = double(leads)
    compute(leads)
    file = ContentFile(b"Company,Size\nFresh,1\nNew,2\n", name="more.csv")
    received = uploads.receive(Actor(editor, workspace, Role.EDITOR), file, table=leads)
    uploads.start(received)
    job.run(received.pk)
    [entry] = Recalculation.objects.all()
    assert (entry.row_ids, entry.first_row > row_ids(leads)[2]) == (None, True)
    compute(leads)
    assert cells(column)[3:] == [("done", 2), ("done", 4)]


def test_many_rows_are_computed_in_batches(
    leads: Table, compute: Compute, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computed_batches, "BATCH", 7)
    rows.append(leads, [{"Size": str(number)} for number in range(30)])
    rows.delete(leads, row_ids(leads)[3:6])
    column = double(leads)
    compute(leads)
    assert cells(column)[3:] == [("done", 2 * number) for number in range(3, 30)]


def test_rows_with_long_texts_are_computed_in_smaller_batches(
    leads: Table, compute: Compute, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_rows, "_AT_ONCE", 3)
    monkeypatch.setattr(recalculations, "_CHARACTERS", 1_000)
    stored: list[int] = []
    monkeypatch.setattr(recalculate, "_store", _noting(stored))
    rows.append(leads, [{"Size": str(number), "Company": "x" * 400} for number in range(30)])
    column = double(leads)
    Recalculation.objects.filter(row_ids__isnull=False).delete()
    compute(leads)
    assert cells(column)[3:] == [("done", 2 * number) for number in range(30)]
    assert stored == [6] + [3] * 9  # the first three of which are short


def _noting(stored: list[int]) -> Callable[..., Any]:
    """Returns what stores a batch, and notes of how many rows it is."""
    store = recalculate._store

    def noting(computed: dict[int, list[Any]]) -> Any:
        stored.extend(map(len, computed.values()))
        return store(computed)

    return noting


def test_a_row_that_is_edited_after_it_was_read_ahead_keeps_the_result_of_the_edit(
    leads: Table, compute: Compute, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computed_batches, "BATCH", 1)
    column = double(leads)
    store, last = recalculate._store, row_ids(leads)[2]

    def edited_meanwhile(computed: dict[int, list[Any]]) -> Any:
        monkeypatch.setattr(recalculate, "_store", store)
        rows.update(leads, [{"id": last, "cells": {"Size": "77"}}])
        return store(computed)

    monkeypatch.setattr(recalculate, "_store", edited_meanwhile)
    compute(leads)
    assert cells(column)[2] == ("done", 154)


def test_rows_that_come_one_by_one_join_an_entry_that_nobody_began(leads: Table) -> None:
    double(leads)
    Recalculation.objects.all().delete()
    for number in range(4):
        rows.append(leads, [{"Size": str(number)}])
    [entry] = Recalculation.objects.all()
    assert entry.row_ids == row_ids(leads)[3:]


def test_an_edit_begins_the_rows_anew(leads: Table, compute: Compute, cells: Cells) -> None:
    column = double(leads)
    before = recalculations.claim(leads.pk, "a worker")
    formula_columns.save(column, {"formula": "{{Size}} * 3"})
    [entry] = Recalculation.objects.all()
    assert before
    assert entry.pk != before.pk
    assert not recalculations.move(before, before.last_row)
    compute(leads)
    assert cells(column)[0] == ("done", 30)


def test_one_worker_at_a_time_computes_a_table(leads: Table) -> None:
    double(leads)
    assert recalculations.claim(leads.pk, "one")
    assert recalculations.claim(leads.pk, "another") is None
    assert recalculations.claim(leads.pk, "one")


def test_a_few_rows_go_before_many(leads: Table) -> None:
    double(leads)
    rows.append(leads, [{"Size": "7"}])
    taken = recalculations.claim(leads.pk, "one")
    assert taken
    assert taken.row_ids == row_ids(leads)[3:]


def test_what_a_dead_worker_left_is_found(leads: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[object, ...]] = []
    double(leads)
    monkeypatch.setattr(dispatch, "send", lambda *call: sent.append(call))
    assert recalculations.claim(leads.pk, "dead")
    sweep()
    assert recalculations.claim(leads.pk, "living") is None
    assert sent == []
    sweep()
    assert sent == [(recalculations.ADVANCE, leads.pk, "")]
    assert recalculations.claim(leads.pk, "living")


def test_what_the_broker_lost_is_sent_again(leads: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[object, ...]] = []
    double(leads)
    monkeypatch.setattr(dispatch, "send", lambda *call: sent.append(call))
    sweep()
    assert sent == []
    sweep()
    assert sent == [(recalculations.ADVANCE, leads.pk, "")]


def test_a_table_that_is_being_computed_is_left_alone(leads: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also its entries that have to wait, and no matter how long a batch takes."""
    sent: list[tuple[object, ...]] = []
    double(leads)
    assert recalculations.claim(leads.pk, "living")
    rows.append(leads, [{"Size": "7"}])
    monkeypatch.setattr(dispatch, "send", lambda *call: sent.append(call))
    with leases.kept(recalculations.held(leads.pk, "living")):
        for _ in range(3):
            sweep()
            leases.renew_kept()
    assert sent == []
    assert recalculations.claim(leads.pk, "another") is None


def test_rows_do_not_join_an_entry_that_a_dead_worker_began(leads: Table, compute: Compute, cells: Cells) -> None:
    """Its cursor is past some of them."""
    column = double(leads)
    Recalculation.objects.all().delete()
    recalculations.start_rows(leads.pk, [column.pk], row_ids(leads)[1:])
    begun = recalculations.claim(leads.pk, "dead")
    assert begun
    assert recalculations.move(begun, row_ids(leads)[1])
    for _ in range(3):
        sweep()
    recalculations.start_rows(leads.pk, [column.pk], row_ids(leads)[:1])
    compute(leads)
    assert cells(column)[0] == ("done", 20)


def test_cells_still_to_be_computed_are_shown_as_queued(leads: Table, compute: Compute) -> None:
    column = double(leads)
    window = rows.as_json(rows.window(leads, 0, 1), [column])
    assert window[0]["cells"][str(column.pk)]["state"] == "queued"
    compute(leads)
    window = rows.as_json(rows.window(leads, 0, 1), [column])
    assert window[0]["cells"][str(column.pk)]["state"] == "done"


@pytest.mark.usefixtures("impatient")
def test_a_formula_that_hangs_costs_its_own_cells_alone(leads: Table, compute: Compute, cells: Cells) -> None:
    stuck = formula_columns.create(
        leads, "Stuck", "formula", {"formula": "(() => { while ({{Size}} == 10) {} })() || 1"}
    )
    column = double(leads)
    compute(leads)
    assert [state for state, _ in cells(stuck)] == ["failed", "done", "done"]
    assert cells(column)[:2] == [("done", 20), ("done", 500)]


def test_a_row_deleted_meanwhile_is_left_out(leads: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    column = double(leads)
    entry = recalculations.claim(leads.pk, "one")
    assert entry
    gone, *others = row_ids(leads)
    found = recalculations.rows_of(entry, 10)
    monkeypatch.setattr(recalculations, "rows_of", lambda *_: found)
    rows.delete(leads, [gone])
    assert recalculate.advance(leads.pk, "one") is None
    assert set(Cell.objects.filter(column=column).values_list("row_id", flat=True)) == set(others)


def test_results_of_requests_are_taken_apart(
    leads: Table, http: Http, answer: Answer, compute: Compute, cells: Cells
) -> None:
    profile = http()
    settings = {"source": "Profile", "path": "data.city", "default": '"unknown in " + {{Company}}'}
    city = formula_columns.create(leads, "City", "extract", settings)
    compute(leads)
    assert cells(city) == [("waiting", None)] * 3
    first, second, third = row_ids(leads)
    answer(profile, {first: {"data": {"city": "Utrecht"}}, second: {"data": {}}})
    answer(profile, {third: None}, state="failed")
    compute(leads)
    assert cells(city) == [("done", "Utrecht"), ("done", "unknown in Fabrikam"), ("failed", None)]
    handed_down = Cell.objects.get(column=city, row_id=third)
    assert handed_down.error_code == HANDED_DOWN
    assert "Profile failed: 404" in handed_down.error_message


def test_the_ledger_is_written_with_the_results(leads: Table, http: Http, answer: Answer) -> None:
    profile = http()
    city = formula_columns.create(leads, "City", "extract", {"source": "Profile", "path": "city"})
    Recalculation.objects.all().delete()
    answer(profile, {row_ids(leads)[0]: {"city": "Utrecht"}})
    [entry] = Recalculation.objects.all()
    assert (entry.column_ids, entry.row_ids) == ([city.pk], row_ids(leads)[:1])


def scopes(column: Column) -> list[Any]:
    return [run.scope for run in Run.objects.filter(column=column, automatic=True).order_by("pk")]


def test_a_request_over_a_formula_waits_for_it_and_runs_once(leads: Table, http: Http, compute: Compute) -> None:
    double(leads)
    compute(leads)
    profile = http(body='{"size": {{Double}}, "name": "{{Company}}"}', auto_update=True)
    new = rows.append(leads, [{"Company": "Fresh", "Size": "4"}])
    assert scopes(profile) == []
    compute(leads)
    assert scopes(profile) == [{"ids": new}]


def test_a_request_runs_for_the_rows_whose_formula_changed_alone(leads: Table, http: Http, compute: Compute) -> None:
    formula_columns.create(leads, "Large", "formula", {"formula": "{{Size}} > 100"})
    profile = http(run_if="{{Large}}", auto_update=True)
    compute(leads)
    Run.objects.all().delete()
    first, second, _ = row_ids(leads)
    rows.update(leads, [{"id": pk, "cells": {"Size": "200"}} for pk in (first, second)])
    compute(leads)
    assert scopes(profile) == [{"ids": [first]}]


def test_a_request_behind_a_formula_behind_a_request_runs_when_that_has_its_answer(
    leads: Table, http: Http, answer: Answer, compute: Compute
) -> None:
    profile = http()
    formula_columns.create(leads, "City", "extract", {"source": "Profile", "path": "city"})
    weather = http("Weather", '{"city": "{{City}}"}', auto_update=True)
    [new] = rows.append(leads, [{"Company": "Fresh"}])
    compute(leads)
    assert scopes(weather) == []
    answer(profile, {new: {"city": "Utrecht"}})
    compute(leads)
    assert scopes(weather) == [{"ids": [new]}]


def test_formulas_follow_when_the_table_runs_no_requests_by_itself(
    leads: Table, http: Http, compute: Compute, cells: Cells
) -> None:
    column = double(leads)
    profile = http(body='{"size": {{Double}}}', auto_update=True)
    catalog.change(leads, auto_update=False)
    rows.append(leads, [{"Size": "4"}])
    compute(leads)
    assert cells(column)[3] == ("done", 8)
    assert scopes(profile) == []


def test_a_deleted_formula_column_is_no_longer_computed(leads: Table, compute: Compute, cells: Cells) -> None:
    column = double(leads)
    column_lifecycle.delete(column)
    compute(leads)
    assert cells(column) == [None] * 3
    assert not Recalculation.objects.exists()
