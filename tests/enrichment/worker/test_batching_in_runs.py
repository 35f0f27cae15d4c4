"""Many rows in one request, together with everything else that happens to rows in a run."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from enrichment.http_client import event_loop
from enrichment.models import Claim, OpenExchange
from enrichment.runs import lifecycle
from enrichment.worker import pipeline
from tables import rows
from tables.models import Cell, Column, Table
from tests.enrichment.worker.conftest import Companies
from tests.enrichment.worker.test_batching import BY_NAME, cell_of, states
from tests.enrichment.worker.test_polling import advance, run

pytestmark = pytest.mark.django_db(transaction=True)

FIVE = ["Acme", "Fabrikam", "Contoso", "C0", "C1"]


class Listing:
    """An API that takes companies, and gives what it knows of them two at a time."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.pages: list[int] = []
        self.failing: set[int] = set()

    def answer(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", 0))
        self.pages.append(page)
        if page == 0:
            self.sent.append([record["name"] for record in json.loads(request.content)["records"]])
        if page in self.failing:
            return httpx.Response(500, json={"error": "down"})
        names = self.sent[-1]
        following = page + 1 if 2 * page + 2 < len(names) else None
        return httpx.Response(
            200, json={"results": [{"name": name} for name in names[2 * page :][:2]], "more": following}
        )


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Listing:
    made = Listing()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(made.answer))
    return made


@pytest.fixture
def paged(batched: Callable[..., Column]) -> Callable[..., Column]:
    """Makes a column whose API answers for five rows, in pages of two."""

    def make(*, match: Any = BY_NAME, **pages: Any) -> Column:
        walk = {"by": "cursor", "next": "more", "parameter": "page", "items": "results"} | pages
        return batched(pages=walk, batch={"rows": 5, "match": match}, retry={"max_retries": 0})

    return make


@pytest.mark.parametrize("match", [BY_NAME, "order"])
def test_the_answer_of_a_batch_may_come_in_pages(paged: Any, listing: Listing, match: Any) -> None:
    made = paged(match=match)
    advance(run(made, {"first": 5}))
    assert {name: cell_of(made, name).value for name in FIVE} == {name: {"name": name} for name in FIVE}
    assert (listing.sent, listing.pages) == ([FIVE], [0, 1, 2])


def test_a_page_that_fails_fails_every_row_of_the_batch_and_none_is_written_again(paged: Any, listing: Listing) -> None:
    made = paged()
    listing.failing = {1}
    advance(run(made, {"first": 5}))
    assert states(made) == {"failed": 5}
    assert cell_of(made, "Acme").error_message == "Page 2: 500 · down"
    listing.failing.clear()
    advance(run(made, "failed"))
    assert states(made) == {"done": 5}
    assert (len(listing.sent), listing.pages) == (1, [0, 1, 1, 2])


def test_a_row_that_is_not_on_the_pages_that_were_fetched_does_not_count_as_missing(
    paged: Any, listing: Listing
) -> None:
    made = paged(max_pages=2)
    advance(run(made, {"first": 5}))
    assert states(made) == {"done": 4, "failed": 1}
    failed = cell_of(made, "C1")
    assert (failed.error_code, failed.error_message[:16]) == ("incomplete", "The API has more")


def once(monkeypatch: pytest.MonkeyPatch, companies: Companies, happens: Callable[[], object]) -> None:
    """Something happens to the run, and its worker notices, while the first request is under way."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if not companies.batches:
            await event_loop.in_database(happens)
            for step in pipeline.under_way:
                await step.writer.flush()
        return companies.answer(request)

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))


def test_a_run_that_is_stopped_keeps_the_results_under_way_and_sends_nothing_more(
    batched: Any, companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = batched(max_in_flight=1, batch={"rows": 5})
    whole = run(made, "all")
    once(monkeypatch, companies, lambda: lifecycle.stop(whole))
    advance(whole, 2)
    assert companies.batches == [FIVE]
    assert (whole.state, states(made)) == ("stopped", {"done": 5})  # the others stay as they were
    assert not Claim.objects.exists()


def test_a_run_that_is_paused_goes_on_with_the_batches_that_were_not_sent(
    batched: Any, companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = batched(max_in_flight=1, batch={"rows": 5})
    whole = run(made, "all")
    once(monkeypatch, companies, lambda: lifecycle.pause(whole))
    advance(whole, 2)
    assert (whole.state, whole.done, companies.batches) == ("paused", 5, [FIVE])
    lifecycle.resume(whole)
    advance(whole)
    assert (whole.state, states(made)) == ("done", {"done": 15})
    assert [len(names) for names in companies.batches] == [5, 5, 5]


def test_halves_of_a_refused_batch_outlive_a_pause_and_end_with_a_stop(batched: Any, companies: Companies) -> None:
    made = batched(batch={"rows": 8})
    companies.refuses = {"C2"}
    whole = run(made, {"first": 8})
    advance(whole)
    lifecycle.pause(whole)
    advance(whole)
    assert ([len(names) for names in companies.batches], states(made)) == ([8], {"queued": 8})
    lifecycle.resume(whole)
    advance(whole)
    assert [len(names) for names in companies.batches] == [8, 4, 4]
    lifecycle.stop(whole)
    advance(whole)
    assert (len(companies.batches), states(made)) == (3, {"done": 4, "cancelled": 4})


def test_a_batch_that_waits_for_its_result_can_be_paused_and_asked_for_after_a_stop(
    batched: Any, companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            companies.answer(request)
            return httpx.Response(202, json={"job": 7})
        asked.append(request.url.path)
        return httpx.Response(200, json={"state": "done", "results": [{"name": name} for name in companies.batches[0]]})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))
    made = batched(poll={"until": '{{body.state}} == "done"', "url": "/jobs/{{first.job}}"})
    whole = run(made, {"first": 5})
    advance(whole)
    lifecycle.pause(whole)
    advance(whole)
    assert (states(made), asked) == ({"waiting": 5}, [])
    lifecycle.resume(whole)
    lifecycle.stop(whole)
    assert (states(made), OpenExchange.objects.count()) == ({"cancelled": 5}, 5)
    advance(run(made, {"first": 5}, ask_again=True))
    assert (states(made), companies.batches, asked) == ({"done": 5}, [FIVE], ["/jobs/7"])


@pytest.fixture
def doubled(batched: Any, leads: Table) -> Column:
    """Sends identical rows once; Acme is there three times, C3 twice, and not in the same batches."""
    made: Column = batched(collapse_duplicates=True, batch={"rows": 5})
    rows.append(leads, [{"Company": name} for name in ("Acme", "C3", "Acme", "New")])
    return made


def ends_of(column: Column, name: str) -> list[str]:
    company = str(column.table.columns.get(name="Company").pk)
    found = Cell.objects.filter(column=column).select_related("row").order_by("row_id")
    return [cell.state for cell in found if cell.row.values[company] == name]


def test_identical_rows_are_sent_in_one_batch_alone_and_share_its_part(doubled: Column, companies: Companies) -> None:
    advance(run(doubled, "all"))
    assert companies.batches == [FIVE, ["C2", "C3", "C4", "C5", "C6"], ["C7", "C8", "C9", "C10", "C11"], ["New"]]
    assert states(doubled) == {"done": 19}
    last = Cell.objects.filter(column=doubled).order_by("-row_id")[1]
    assert (last.value, last.error_detail) == (
        {"name": "Acme", "length": 4},
        {"same_as": cell_of(doubled, "Acme").row_id},
    )


def test_identical_rows_share_what_becomes_of_a_batch_that_is_divided(doubled: Column, companies: Companies) -> None:
    companies.refuses = {"Acme"}
    whole = run(doubled, "all")
    advance(whole, 5)
    assert (whole.state, ends_of(doubled, "Acme"), ends_of(doubled, "C3")) == ("done", ["failed"] * 3, ["done"] * 2)
    assert [len(names) for names in companies.batches if "Acme" in names] == [5, 3, 2, 1]


def test_identical_rows_of_a_write_that_may_have_arrived_are_not_sent(doubled: Column, companies: Companies) -> None:
    companies.before = [httpx.ReadTimeout("slow")]
    advance(run(doubled, "all"), 2)
    assert ends_of(doubled, "Acme") == ["unknown"] * 3
    assert sum("Acme" in names for names in companies.batches) == 1


def test_rows_whose_condition_does_not_hold_leave_their_place_to_others(batched: Any, companies: Companies) -> None:
    made = batched(run_if='!["Fabrikam", "C1", "C2"].includes({{Company}})', batch={"rows": 4})
    advance(run(made, "all"))
    assert states(made) == {"done": 12, "skipped": 3}
    assert [len(names) for names in companies.batches] == [4, 4, 4]


def test_rows_without_what_they_need_are_not_sent_with_the_others(
    batched: Any, companies: Companies, leads: Table
) -> None:
    made = batched(required=["Size"], batch={"rows": 2})
    rows.append(leads, [{"Company": "New", "Size": "1"}])
    advance(run(made, "all"))
    assert states(made) == {"done": 3, "missing_input": 13}
    assert companies.batches == [["Acme", "Fabrikam"], ["New"]]


def test_a_row_without_a_key_to_be_matched_by_is_not_sent(batched: Any, companies: Companies, leads: Table) -> None:
    made = batched(batch={"match": {"row": "{{Size}}", "answer": "length"}})
    rows.append(leads, [{"Company": "Northwind", "Size": " 9 "}])
    advance(run(made, "all"))
    assert companies.batches == [["Acme", "Fabrikam", "Northwind"]]
    assert cell_of(made, "Northwind").value == {"name": "Northwind", "length": 9}
    assert (cell_of(made, "C1").error_code, cell_of(made, "C1").error_message[:13]) == ("no_key", "Size is empty")
