"""Rows whose result is a list that comes in pages: all of it, or none of it, or told to be a part."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from enrichment.columns import http as http_columns
from enrichment.engine.errors import InvalidSettings
from enrichment.http_client import event_loop
from enrichment.models import Attempt, OpenExchange
from enrichment.preview import cell_history, one_row
from enrichment.worker import job as jobs
from tables import columns as table_columns
from tables.models import Column, Table
from tests.enrichment.worker.test_polling import advance, cell, run

pytestmark = pytest.mark.django_db(transaction=True)

API = "https://api.example"
PAGES = {"by": "cursor", "next": "next", "parameter": "cursor", "items": "people"}


class People:
    """An API with a list of seven people, two of them a page."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self.before: dict[int, list[httpx.Response]] = {}  # answers that come instead of the n-th page at first

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = request.content.decode()
        self.requests.append((request.method, str(request.url), body))
        sent = json.loads(body).get("cursor") if body else None
        start = int(request.url.params.get("cursor") or sent or 0)
        if waiting := self.before.get(start // 2 + 1):
            return waiting.pop(0)
        people = list(range(7))[start : start + 2]
        return httpx.Response(200, json={"people": people, "next": start + 2 if start + 2 < 7 else None, "team": 1})


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    api = People()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(api.answer))
    return api


def value(column: Column) -> dict[str, Any]:
    return dict(cell(column).value or {})


@pytest.fixture
def column(http: Callable[..., Column]) -> Callable[..., Column]:
    def make(**more: Any) -> Column:
        return http(**{"method": "GET", "url": f"{API}/people", "body": None, "pages": PAGES} | more)

    return make


def test_the_pages_of_a_list_become_one_result(column: Any, people: People) -> None:
    made = column(field_paths=["people"])
    walk = run(made)
    advance(walk)
    result = cell(made)
    assert (result.state, result.value, result.attempts) == ("done", {"people": list(range(7))}, 1)
    assert result.error_detail == {"pages": 4, "complete": True}
    assert [url for _, url, _ in people.requests] == [f"{API}/people{part}" for part in ("", *ASKED)]
    parts = Attempt.objects.order_by("number").values_list("request__part", flat=True)
    assert list(parts) == [None, "page 2", "page 3", "page 4"]
    assert cell_history.of_cell(result.row, made)["pages"] == {"pages": 4, "complete": True}
    assert not OpenExchange.objects.exists()
    assert walk.state == "done"


ASKED = ("?cursor=2", "?cursor=4", "?cursor=6")


def test_a_bound_is_told_and_shown(column: Any, people: People) -> None:
    made = column(pages=PAGES | {"max_pages": 2})
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "incomplete")
    assert result.error_message == "The API has more: these are the first 2 pages with 4 items, as set in the column."
    assert result.value == {"people": [0, 1, 2, 3], "next": 2, "team": 1}


def test_letters_of_a_page_that_are_a_guess_are_told_of_the_whole_list(
    column: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        is_first = "cursor" not in request.url.params
        body = {"people": ["Санкт-Петербург, Россия" if is_first else "Utrecht"], "next": "2" if is_first else None}
        content = json.dumps(body, ensure_ascii=False).encode("cp866")
        return httpx.Response(200, content=content, headers={"Content-Type": "application/json"})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(respond))
    made = column(pages=PAGES)
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "guessed_letters")
    http_columns.save(made, {"pages": PAGES | {"max_pages": 1}})
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "incomplete")
    assert result.error_message.endswith("check them.")


def test_characters_of_a_page_that_cannot_be_stored_are_told_of_the_whole_list(
    column: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        is_first = "cursor" not in request.url.params
        return httpx.Response(200, json={"people": ["A\0" if is_first else "B"], "next": "2" if is_first else None})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(respond))
    made = column(pages=PAGES)
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "replaced_characters")
    assert value(made)["people"] == ["A\ufffd", "B"]


def test_one_page_of_more_says_so_also_where_characters_are_replaced(
    column: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"people": [{"name": "A\0"}, {"name": "B"}], "has_more": True}
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    made = column(pages=None)
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "incomplete")
    assert "“has_more” is true" in result.error_message
    assert "U+0000" in result.error_message


def test_a_bound_of_counted_pages_may_have_been_the_end(column: Any, people: People) -> None:
    made = column(pages={"by": "offset", "parameter": "cursor", "items": "people", "max_pages": 4})
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "maybe_incomplete")
    assert result.value == {"people": list(range(7)), "next": 2, "team": 1}
    words = "The API may have more: these are the first 4 pages with 7 items, as set in the column."
    assert result.error_message == words


def test_a_walk_that_ended_where_the_api_says_that_there_is_more_tells_so(column: Any, people: People) -> None:
    made = column(pages=PAGES | {"next": "paging.next"})  # which no answer has
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code) == ("done", "maybe_incomplete")
    words = (
        "The API may have more: in its answer, “next” names another page, but the walk ended after 1 page with 2 items."
    )
    assert result.error_message == f"{words} Check the pages in the column."
    assert result.error_detail == {"pages": 1, "complete": False}


def test_a_page_that_fails_after_its_retries_fails_the_row(column: Any, people: People) -> None:
    made = column(retry={"max_retries": 1})
    people.before = {3: [httpx.Response(500, json={"error": "down"})] * 2}
    walk = run(made)
    advance(walk)
    assert (cell(made).state, cell(made).error_message) == ("waiting", "Fetches page 3")
    advance(walk)
    failed = cell(made)
    assert (failed.state, failed.value, failed.error_message) == ("failed", None, "Page 3: 500 · down")
    assert not OpenExchange.objects.exists()


def test_a_walk_goes_on_where_it_was_told_to_wait(column: Any, people: People) -> None:
    made = column()
    people.before = {3: [httpx.Response(429, headers={"Retry-After": "0.1"})]}
    walk = run(made)
    advance(walk)
    assert cell(made).state == "limited"
    people.before = {}
    event_loop.run(jobs.load(walk).limiter.lift())
    advance(walk, 2)
    assert cell(made).state == "done"
    assert [url.partition("=")[2] for _, url, _ in people.requests] == ["", "2", "4", "4", "6"]


@pytest.mark.parametrize(
    ("change", "state", "error"),
    [
        ({"query": [{"name": "team", "value": "2"}]}, "failed", "other_pages"),
        ({"pages": PAGES | {"items": "names"}}, "failed", "other_pages"),
        ({"field_paths": ["people"]}, "done", ""),
    ],
)
def test_pages_of_two_settings_are_never_put_together(
    change: dict[str, Any], state: str, error: str, column: Any, people: People
) -> None:
    made = column()
    people.before = {3: [httpx.Response(500)]}
    walk = run(made)
    advance(walk)
    http_columns.save(made, change)
    advance(walk)
    assert (cell(made).state, cell(made).error_code, bool(cell(made).value)) == (state, error, state == "done")
    assert not OpenExchange.objects.exists()
    people.before = {}


def test_a_write_whose_settings_changed_between_two_pages_is_not_sent_again(column: Any, people: People) -> None:
    made = column(method="POST", body='{"cursor": "{{cursor}}"}', pages=PAGES | {"parameter": ""})
    people.before = {2: [httpx.Response(503)]}
    walk = run(made)
    advance(walk)
    http_columns.save(made, {"body": '{"of": "all", "cursor": "{{cursor}}"}'})
    advance(walk)
    assert cell(made).error_message.startswith("Page 2: the column's settings changed after page 1.")
    people.before = {}
    advance(run(made, "failed"))
    assert (cell(made).error_code, len(people.requests)) == ("other_pages", 2)
    advance(run(made))
    assert cell(made).state == "done"


def test_a_cursor_stands_in_the_body_and_a_page_has_a_key_of_its_own(column: Any, people: People, leads: Table) -> None:
    settings = {"method": "POST", "body": '{"q": "{{Company}}", "cursor": "{{cursor}}"}', "remove_null": True}
    made = column(**settings, pages=PAGES | {"parameter": ""}, idempotency_header="Idempotency-Key")
    advance(run(made))
    assert value(made)["people"] == list(range(7))
    bodies = [json.loads(body) for _, _, body in people.requests]
    assert bodies == [{"q": "Acme"}, *({"q": "Acme", "cursor": str(at)} for at in (2, 4, 6))]
    headers = Attempt.objects.order_by("number").values_list("request__headers", flat=True)
    keys = [dict(sent)["Idempotency-Key"] for sent in headers]
    assert keys == [keys[0], *(f"{keys[0]}-{number}" for number in (2, 3, 4))]


def test_a_write_is_not_sent_again_because_a_later_page_failed(column: Any, people: People) -> None:
    made = column(method="POST", body='{"cursor": "{{cursor}}"}', pages=PAGES | {"parameter": ""})
    people.before = {2: [httpx.Response(400, json={"error": "what?"})]}
    advance(run(made))
    assert cell(made).error_message == "Page 2: 400 · what?"
    advance(run(made, "failed"))
    assert cell(made).state == "done"
    assert [json.loads(body)["cursor"] for _, _, body in people.requests] == ["", "2", "2", "4", "6"]


def test_the_result_of_a_job_may_come_in_pages(column: Any, people: People) -> None:
    made = column(method="POST", body="{}", url=f"{API}/jobs", poll={"until": "{{body.people}}", "url": "/people"})
    people.before = {1: [httpx.Response(202, json={"job": 7})]}
    walk = run(made)
    advance(walk, 2)
    assert value(made)["people"] == list(range(7))
    assert [method for method, _, _ in people.requests] == ["POST", *["GET"] * 4]


def test_a_test_of_one_row_fetches_every_page(column: Any, people: People, leads: Table) -> None:
    made = column()
    first = leads.rows.order_by("pk")[0].pk
    assert len(one_row.send(made, first)["attempts"]) == 4
    [pages] = one_row.preview(made, first)["then"]
    assert pages["words"] == "Fetches the next page with cursor from next, for up to 50 pages or 10,000 items"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[httpx.Request], Any]], None]:
    def use(answer: Callable[[httpx.Request], Any]) -> None:
        def respond(request: httpx.Request) -> httpx.Response:
            found = answer(request)
            return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

        monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(respond))

    return use


def named(*ids: int) -> list[dict[str, int]]:
    return [{"id": number} for number in ids]


@pytest.mark.parametrize(("by", "body"), [("page", '{"page": {{cursor}}}'), ("offset", '{"from": "{{cursor}}"}')])
def test_pages_are_counted_in_the_body(column: Any, answers: Any, leads: Table, by: str, body: str) -> None:
    sent: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> Any:
        sent.append(json.loads(request.content))
        start = (sent[-1]["page"] - 1) * 2 if by == "page" else int(sent[-1]["from"])
        return {"people": named(1, 2, 3)[start : start + 2]}

    answers(answer)
    made = column(method="POST", url=f"{API}/search", body=body, pages={"by": by, "items": "people", "size": 2})
    row_id = leads.rows.values_list("pk", flat=True)[0]
    shown = one_row.preview(made, row_id)
    advance(run(made))
    assert value(made) == {"people": named(1, 2, 3)}
    assert sent == ([{"page": 1}, {"page": 2}] if by == "page" else [{"from": "0"}, {"from": "2"}])
    assert json.loads(shown["request"]["body"]) == sent[0]


def test_a_preview_has_the_number_of_the_first_page(column: Any, leads: Table) -> None:
    made = column(pages={"by": "page", "parameter": "page", "items": "people"})
    row_id = leads.rows.values_list("pk", flat=True)[0]
    assert one_row.preview(made, row_id)["request"]["url"] == f"{API}/people?page=1"


def test_a_page_that_is_not_ready_at_once_is_asked_for_again(column: Any, answers: Any) -> None:
    asked = 0

    def answer(request: httpx.Request) -> Any:
        nonlocal asked
        if "cursor" not in request.url.params:
            return {"people": named(1), "next": "b", "status": "OK"}
        asked += 1
        return {"people": named(2), "status": "OK"} if asked == 2 else {"people": [], "status": "INVALID_REQUEST"}

    answers(answer)
    made = column(retry={"max_retries": 1})
    walk = run(made)
    advance(walk)
    assert cell(made).state == "waiting"
    advance(walk)
    assert value(made)["people"] == named(1, 2)


@pytest.mark.parametrize(
    ("described", "state", "code", "words"),
    [
        ({"count": 2, "next": None}, "done", "", ""),
        ({"total": 2}, "done", "", ""),
        ({"link": '</people?page=1>; rel="prev"'}, "done", "", ""),
        (
            {},
            "done",
            "maybe_incomplete",
            "The API may have more: to page 3 it answered 404 · Invalid page. These are 2 pages with 2 items.",
        ),
        ({"total": 3}, "failed", "http_404", "Page 3: 404 · Invalid page."),
    ],
)
def test_a_page_behind_the_last_one_that_the_api_does_not_know_is_the_end(
    column: Any, answers: Any, described: dict[str, Any], state: str, code: str, words: str
) -> None:
    def answer(request: httpx.Request) -> Any:
        page = int(request.url.params["page"])
        if page > 2:
            return httpx.Response(404, json={"detail": "Invalid page."})
        headers = {"Link": described["link"]} if "link" in described else {}
        return httpx.Response(200, json={"people": named(page)} | described, headers=headers)

    answers(answer)
    made = column(pages={"by": "page", "parameter": "page", "items": "people"})
    advance(run(made))
    result = cell(made)
    assert (result.state, result.error_code, result.error_message) == (state, code, words)
    assert result.value is None or result.value["people"] == named(1, 2)


NEXT = {"Link": '</2>; rel="next"'}


@pytest.mark.parametrize(
    ("answer", "settings", "told"),
    [
        ({"data": named(1, 2), "has_more": True}, {}, "in its answer, “has_more” is true"),
        ({"data": named(1, 2), "next": "/2"}, {"field_paths": ["data"]}, "in its answer, “next” names another page"),
        (httpx.Response(200, json=named(1, 2), headers=NEXT), {}, "the header Link of its answer names another page"),
        ({"data": named(1, 2), "has_more": True}, {"field_paths": ["data[0].id"]}, ""),
        ({"data": named(1), "has_more": True}, {}, ""),
        ({"id": 7, "tags": ["a", "b"], "next": "/posts/8"}, {}, ""),
        ({"data": named(1, 2), "total": 120}, {}, ""),
    ],
)
def test_a_column_without_pages_tells_that_its_list_goes_on(
    column: Any, answers: Any, answer: Any, settings: dict[str, Any], told: str
) -> None:
    answers(lambda _: answer)
    made = column(pages=None, **settings)
    advance(run(made))
    result = cell(made)
    words = f"The API has more: {told}. Turn on “Fetch all pages” under “Shape of the API”."
    assert result.state == "done"
    assert (result.error_code, result.error_message) == (("incomplete", words) if told else ("", ""))


def test_what_another_way_takes_is_no_matter(column: Any) -> None:
    column(pages={"by": "page", "parameter": "page", "items": "people", "next": "a["})


def test_a_column_called_cursor_is_a_column(column: Any, people: People, leads: Table) -> None:
    table_columns.create(leads, "cursor", "text")
    made = column(method="POST", body='{"cursor": "{{cursor}}"}')
    advance(run(made))
    assert {body for _, _, body in people.requests} == {'{"cursor": ""}'}


@pytest.mark.parametrize(
    ("pages", "field"),
    [
        ({"by": "cursor", "next": "next"}, "pages.parameter"),
        ({"by": "next_url"}, "pages.next"),
        ({"by": "page"}, "pages.parameter"),
        ({"by": "link_header", "items": "a[*].b"}, "pages.items"),
        ({"by": "link_header", "items": "$.a"}, "pages.items"),
        ({"by": "link_header", "max_pages": 0}, "pages.max_pages"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(pages: dict[str, Any], field: str, column: Any) -> None:
    with pytest.raises(InvalidSettings) as found:
        column(pages=pages)
    assert {problem.field for problem in found.value.problems} == {field}
