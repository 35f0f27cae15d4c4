"""Many rows in one request: each with its own part of the answer, and none sent twice because of another one."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from enrichment.columns import http as http_columns
from enrichment.columns import recipe_export, recipe_import, recipes
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.formula import Evaluators
from enrichment.http_client import event_loop
from enrichment.models import Attempt, BatchAttempt, OpenExchange, RequestBatch, Run, Worker
from enrichment.preview import cell_history, estimate, one_row
from enrichment.runs import attempts, batches, claims, lifecycle
from enrichment.worker import batching, prepare, step
from enrichment.worker import job as jobs
from tables import rows
from tables.models import Cell, Column, Table
from tests.enrichment.conftest import sweep
from tests.enrichment.worker.conftest import Companies
from tests.enrichment.worker.test_polling import advance, run
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

BODY = '{"records": [{{#rows}}{"name": "{{Company}}"}{{/rows}}]}'
BY_NAME = {"row": "{{Company}}", "answer": "name"}


def states(column: Column) -> dict[str, int]:
    found = Cell.objects.filter(column=column).values_list("state", flat=True)
    return {state: list(found).count(state) for state in set(found)}


def cell_of(column: Column, name: str) -> Cell:
    """Of the first row with this name."""
    company = str(column.table.columns.get(name="Company").pk)
    cells = Cell.objects.filter(column=column).select_related("row").order_by("row_id")
    return next(cell for cell in cells if cell.row.values[company] == name)


def test_rows_go_together_and_each_gets_its_part(batched: Any, companies: Companies) -> None:
    made = batched(field_paths=["length"])
    whole = run(made, "all")
    advance(whole)
    assert [len(names) for names in companies.batches] == [10, 5]
    assert (whole.state, whole.done) == ("done", 15)
    assert cell_of(made, "Fabrikam").value == {"length": 8}
    shared = BatchAttempt.objects.order_by("attempts__row_id").first()
    assert (Attempt.objects.count(), BatchAttempt.objects.count()) == (15, 2)
    assert shared
    assert len(shared.row_ids) == 10
    assert json.loads((shared.request or {})["body"])["records"][0] == {"name": "Acme"}
    batches.prune()
    assert not RequestBatch.objects.exists()


def test_a_row_that_cannot_be_sent_leaves_the_others_their_batch(
    batched: Any, companies: Companies, leads: Table
) -> None:
    made = batched(body=BODY.replace("}{{/rows}}", ', "size": {{Size}}}{{/rows}}'), run_if='{{Company}} != "C3"')
    [first] = rows.window(leads, 0, 1)
    rows.update(leads, [{"id": first.pk, "cells": {"Size": "many"}}])
    advance(run(made, "all"), 2)
    assert states(made) == {"done": 13, "failed": 1, "skipped": 1}
    assert [len(names) for names in companies.batches] == [10, 3]
    assert "Put quotes" in cell_of(made, "Acme").error_message


def test_an_answer_of_another_length_fails_every_row(batched: Any, companies: Companies) -> None:
    made = batched()
    companies.change = lambda items: {"results": items[1:]}
    advance(run(made, {"first": 3}))
    assert states(made) == {"failed": 3}
    words = "200 · The answer has 2 items for 3 rows, so Marl can't tell what is whose."
    assert (cell_of(made, "Acme").error_code, cell_of(made, "Acme").error_message) == ("unmatched", words)


def test_answers_are_matched_by_a_key_whatever_their_order(batched: Any, companies: Companies, leads: Table) -> None:
    made = batched(batch={"match": BY_NAME})
    rows.append(leads, [{"Company": " Acme "}])
    companies.change = lambda items: {"results": [item for item in reversed(items) if item["name"].strip() != "C5"]}
    advance(run(made, "all"))
    assert states(made) == {"done": 15, "no_data": 1}
    assert cell_of(made, "Fabrikam").value == {"name": "Fabrikam", "length": 8}
    missing = cell_of(made, "C5")
    assert (missing.error_code, missing.error_message) == ("not_in_answer", "Not in the answer")


def test_a_character_that_cannot_be_stored_is_told_of_the_row_that_it_is_for(
    batched: Any, companies: Companies
) -> None:
    companies.change = lambda items: {"results": [item | {"note": f"{item['name']}\0"[:6]} for item in items]}
    made = batched()
    advance(run(made, "all"))
    assert cell_of(made, "Acme").value == {"name": "Acme", "length": 4, "note": "Acme\ufffd"}
    assert cell_of(made, "Acme").error_code == "replaced_characters"
    assert cell_of(made, "Fabrikam").error_code == ""


def test_an_answer_is_for_every_row_of_its_key(batched: Any, companies: Companies, leads: Table) -> None:
    made = batched(batch={"match": BY_NAME, "rows": 20})
    rows.append(leads, [{"Company": "Acme"}])
    companies.change = lambda items: {"results": [{"name": "Acme"}, {"name": "C1", "at": 1}, {"name": "C1", "at": 2}]}
    advance(run(made, "all"))
    values = [cell.value for cell in Cell.objects.filter(column=made, state="done")]
    assert values == [{"name": "Acme"}] * 2
    assert cell_of(made, "C1").error_message == "The answer has 2 different items for “C1”"


def test_an_item_may_say_that_its_row_failed(batched: Any, companies: Companies) -> None:
    made = batched(batch={"item_error": "error"})
    wrong = {"Acme": {"error": {"message": "no such company"}}}
    companies.change = lambda items: {"results": [item | wrong.get(item["name"], {}) for item in items]}
    advance(run(made, "all"))
    assert states(made) == {"failed": 1, "done": 14}
    assert cell_of(made, "Acme").error_message == "no such company"
    [attempt] = Attempt.objects.filter(error__isnull=False)
    assert (attempt.error or {})["message"] == "no such company"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_batch_is_halved_until_the_row_at_fault_stands_alone(
    batched: Any, companies: Companies, status: int
) -> None:
    made = batched(batch={"rows": 16})
    companies.refuses, companies.status = {"C7"}, status
    whole = run(made, "all")
    advance(whole, 6)
    assert (whole.state, states(made)) == ("done", {"done": 14, "failed": 1})
    assert cell_of(made, "C7").error_message == f"{status} · what is C7?"
    assert [len(names) for names in companies.batches if "C7" in names] == [15, 7, 4, 2, 1]
    assert len(companies.batches) <= 1 + 2 * 4
    carried_out = [name for names in companies.batches if "C7" not in names for name in names]
    assert len(carried_out) == len(set(carried_out)) == 14
    tries = Attempt.objects.filter(row_id=cell_of(made, "C7").row_id).order_by("number")
    assert list(tries.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_a_write_that_may_have_arrived_is_unknown_for_all_its_rows(batched: Any, companies: Companies) -> None:
    made = batched()
    companies.before = [httpx.ReadTimeout("slow")]
    advance(run(made, "all"), 2)
    assert states(made) == {"unknown": 10, "done": 5}
    assert len(companies.batches) == 2


def test_another_try_is_of_the_same_rows_with_the_same_key(batched: Any, companies: Companies) -> None:
    made = batched(idempotency_header="Idempotency-Key")
    companies.before = [httpx.Response(500), httpx.Response(200, json={"results": []}), httpx.ReadTimeout("slow")]
    advance(run(made, "all"), 4)
    assert companies.batches[0] == companies.batches[2] == companies.batches[3]
    assert companies.keys[0] == companies.keys[2] == companies.keys[3] != companies.keys[1]
    assert states(made) == {"done": 10, "failed": 5}


def test_what_was_repeated_is_not_divided_under_other_keys(batched: Any, companies: Companies) -> None:
    """The first try may have been carried out: only the same request again is known to the API."""
    made = batched(idempotency_header="Idempotency-Key")
    companies.before = [httpx.ReadTimeout("slow"), httpx.Response(422, json={"error": "no"})]
    advance(run(made, {"first": 5}), 3)
    assert states(made) == {"failed": 5}
    assert len(companies.batches) == 2


def test_a_batch_is_asked_for_as_one(batched: Any, companies: Companies, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            companies.answer(request)
            return httpx.Response(202, json={"job": len(companies.batches)})
        asked.append(request.url.path)
        if len(asked) <= 2:
            return httpx.Response(200, json={"state": "running"})
        names = companies.batches[int(request.url.path[-1]) - 1]
        return httpx.Response(200, json={"state": "done", "results": [{"name": name} for name in names]})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))
    poll = {"until": '{{body.state}} == "done"', "url": "/jobs/{{first.job}}", "every_ms": 100}
    made = batched(poll=poll)
    whole = run(made, "all")
    advance(whole)
    assert states(made) == {"waiting": 15}
    assert (OpenExchange.objects.count(), RequestBatch.objects.exclude(sealed="").count()) == (15, 2)
    advance(whole, 3)
    assert (whole.state, states(made)) == ("done", {"done": 15})
    assert cell_of(made, "C11").value == {"name": "C11"}
    assert (len(companies.batches), sorted(asked)) == (2, [*["/jobs/1"] * 2, *["/jobs/2"] * 2])
    assert not OpenExchange.objects.exists()


def test_a_dead_worker_leaves_a_write_unknown_and_what_was_not_sent_to_others(
    batched: Any, companies: Companies
) -> None:
    made = batched(max_in_flight=1)
    whole = run(made, "all")
    sent = _claimed_and_lost(whole, made)
    sweep()
    assert {pk: state for pk, state in _states_by_row(made).items() if state == "unknown"}.keys() == set(sent)
    advance(whole, 2)
    assert states(made) == {"unknown": 10, "done": 5}
    assert [len(names) for names in companies.batches] == [5]


def test_what_may_be_repeated_after_a_death_is_the_same_request(batched: Any, companies: Companies) -> None:
    made = batched(idempotency_header="Idempotency-Key", max_in_flight=1)
    whole = run(made, "all")
    _claimed_and_lost(whole, made)
    [batch] = RequestBatch.objects.filter(claim_id__gt=0)[:1]
    sweep()
    advance(whole, 2)
    assert states(made) == {"done": 15}
    assert f"marl-{made.pk}-{batch.key}-{whole.pk}" in companies.keys
    assert [len(names) for names in companies.batches] == [10, 5]


def test_a_worker_that_dies_between_the_halves_of_a_refused_batch_leaves_one_in_doubt(
    batched: Any, companies: Companies
) -> None:
    made = batched(batch={"rows": 8}, max_in_flight=1)
    companies.refuses = {"C2"}
    whole = run(made, {"first": 8})
    advance(whole)
    assert ([len(names) for names in companies.batches], states(made)) == ([8], {"queued": 8})
    sent = _claimed_and_lost(whole, made, most=4)
    sweep()
    assert {pk for pk, state in _states_by_row(made).items() if state == "unknown"} == set(sent)
    advance(whole, 6)
    assert (whole.state, states(made)) == ("done", {"unknown": 4, "done": 3, "failed": 1})
    assert not any("Acme" in names for names in companies.batches[1:])


def _claimed_and_lost(whole: Run, column: Column, most: int = 10) -> list[int]:
    """Claims and prepares the first rows as a worker that dies before it hears an answer. Returns the rows it sent."""
    lifecycle.begin(whole.pk)
    worker = Worker.objects.create()
    claimed = claims.claim(whole.pk, most, worker.pk, beginning=most)
    requests, _ = prepare.requests(jobs.load(whole), Evaluators(), claimed, most, 1)
    worker.delete()
    [request] = requests.all
    return [row.row_id for row in request.rows]


def _states_by_row(column: Column) -> dict[int, str]:
    return dict(Cell.objects.filter(column=column).values_list("row_id", "state"))


def test_automatic_updates_gather_rows_for_a_moment(batched: Any, companies: Companies, leads: Table) -> None:
    made = batched(auto_update=True)
    Run.objects.all().delete()
    rows.append(leads, [{"Company": "New 1"}])
    automatic = Run.objects.get(column=made)
    again = step.advance(automatic.pk, "")
    assert again
    assert again[1] == pytest.approx(batching.GATHER)
    assert not companies.batches
    rows.append(leads, [{"Company": "New 2"}])
    step.advance(automatic.pk, again[0])
    assert [names for names in companies.batches if "New 1" in names] == [["New 1", "New 2"]]


def test_a_preview_shows_the_request_of_a_whole_batch_and_a_test_sends_one_row(
    batched: Any, companies: Companies, leads: Table
) -> None:
    made = batched(run_if='{{Company}} != "Fabrikam"', field_paths=["length"])
    first = leads.rows.order_by("pk")[0].pk
    preview = one_row.preview(made, first)
    sent = [record["name"] for record in json.loads(preview["request"]["body"])["records"]]
    assert sent == ["Acme", "Contoso", *(f"C{number}" for number in range(8))]
    assert len(preview["row_ids"]) == 10
    tested = one_row.send(made, first)
    assert (tested["cell"]["value"], tested["attempts"][0]["row_ids"]) == ({"length": 4}, [first])
    assert companies.batches == [["Acme"]]
    estimated = estimate.estimate(made, "all")
    assert (estimated["would_run"], estimated["requests"]) == (14, 2)


def test_the_history_of_a_row_tells_who_shared_its_request(batched: Any, companies: Companies) -> None:
    made = batched()
    advance(run(made, {"first": 3}))
    fabrikam = cell_of(made, "Fabrikam")
    history = cell_history.of_cell(fabrikam.row, made)
    [attempt] = history["attempts"]
    assert [place["position"] for place in history["rows"]] == [0, 1, 2]
    assert [place["row_id"] for place in history["rows"]] == attempt["row_ids"]
    assert attempt["response"]["status"] == 200
    attempts.forget([attempt["row_ids"][0]])
    [kept] = cell_history.of_cell(fabrikam.row, made)["attempts"]
    assert (kept["request"], kept["response"]) == (None, None)


def test_a_recipe_leads_the_rows_of_a_batch_to_other_columns(
    batched: Any, leads: Table, workspace: Any, editor: Any
) -> None:
    made = batched(batch={"match": BY_NAME})
    recipe = recipes.read(recipe_export.export(made))
    assert recipe.columns == ["Company"]
    choices = recipe_import.Choices({"Company": "Size"})
    imported = http_columns.shown(recipe_import.create(Actor(editor, workspace, Role.EDITOR), leads, recipe, choices))
    assert imported["body"] == BODY.replace("Company", "Size")
    assert imported["batch"]["match"] == {"row": "{{Size}}", "answer": "name"}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"body": "{}"}, "batch"),
        ({"batch": None}, "body"),
        ({"url": "https://api.example/{{Size}}"}, "url"),
        ({"url": "https://api.example/{{#rows ,}}{{Size}}{{/rows}}"}, "body"),
        ({"headers": [{"name": "X-Size", "value": "{{Size}}"}]}, "headers.0.value"),
        ({"batch": {"match": {"row": "name", "answer": "name"}}}, "batch.match.row"),
        ({"batch": {"match": {"row": "{{Company}}", "answer": ""}}}, "batch.match.answer"),
        ({"batch": {"match": {"row": "{{Nobody}}", "answer": "name"}}}, "batch.match.row"),
        ({"batch": {"items": "a..b"}}, "batch.items"),
        ({"batch": {"rows": 0}}, "batch.rows"),
    ],
)
def test_what_is_wrong_with_a_batch_is_said_at_its_place(
    settings: dict[str, Any], field: str, http: Callable[..., Column]
) -> None:
    with pytest.raises(InvalidSettings) as found:
        http(**{"body": BODY, "batch": {}} | settings)
    assert {problem.field for problem in found.value.problems} == {field}
