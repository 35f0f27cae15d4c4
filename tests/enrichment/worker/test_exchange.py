"""One row's exchange. `httpx.MockTransport` stands in for the API and for its sign-in: no server is needed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.utils import timezone
from redis import RedisError

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import SignInError
from enrichment.engine.messages import Request
from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.runs.results import Result
from enrichment.worker import exchange
from enrichment.worker import job as jobs
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import CellState, Column
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

API = "https://api.example"
type Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], list[httpx.Request]]:
    """Lets a function answer what is sent; the requests are in the list it gives."""

    def with_(handler: Handler) -> list[httpx.Request]:
        requests: list[httpx.Request] = []

        def note(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return handler(request)

        monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(note))
        return requests

    return with_


def exchanged(job: Job, method: str = "POST", **notes: object) -> Result:
    row = Ready(1, 0, Request(method, f"{API}/companies"), notes=notes)

    async def once() -> Result:
        reservation = await job.limiter.wait_for_start()
        return await exchange.exchange(job, row, reservation)

    return event_loop.run(once())


def job_of(column: Column) -> Job:
    return jobs.load(Run(table_id=column.table_id, column_id=column.pk))


@pytest.fixture
def signed_in(http: Callable[..., Column], workspace: Any, owner: Any) -> Column:
    """A column whose connection signs in at /login."""
    request = {"method": "POST", "url": f"{API}/login", "body": '{"password": "{{secret.password}}"}'}
    connection = connection_settings.create(
        Actor(owner, workspace, Role.OWNER),
        name="CRM",
        kind="jwt",
        config={"auth_request": request, "token_path": "token"},
        secrets={"password": "open sesame"},
    )
    return http(url=f"{API}/companies", connection_id=connection.pk)


def test_a_result_and_what_was_exchanged_for_it_are_kept(http: Any, answer: Any) -> None:
    requests = answer(lambda request: httpx.Response(200, json={"name": "Acme"}, headers={"X-Id": "7"}))
    result = exchanged(job_of(http(url=f"{API}/companies")))
    assert (result.state, result.value, result.http_status, result.attempts) == ("done", {"name": "Acme"}, 200, 1)
    [attempt] = result.new_attempts
    request, response = dict(attempt.request or {}), dict(attempt.response or {})
    assert (request["method"], request["url"]) == ("POST", f"{API}/companies")
    assert (response["status"], response["body"], response["truncated"]) == (200, '{"name":"Acme"}', False)
    headers = response["headers"]
    assert isinstance(headers, dict)
    assert headers["X-Id"] == "7"
    assert len(requests) == 1


def test_an_answer_is_read_as_the_settings_say_and_its_encoding_is_kept(http: Any, answer: Any) -> None:
    page = "<html><title>Köln</title></html>".encode("latin-1")
    headers = {"Content-Type": "text/html; charset=latin-1"}
    answer(lambda request: httpx.Response(200, content=page, headers=headers))
    column = http(url=f"{API}/companies")
    failed = exchanged(job_of(column))
    assert (failed.state, failed.error_code) == ("failed", "web_page")
    assert failed.error_message == "200 · A web page instead of JSON: Köln"
    response = failed.new_attempts[0].response or {}
    assert (response["charset"], response["charset_guessed"]) == ("windows-1252", False)
    http_columns.save(column, {"answer": "text"})
    assert exchanged(job_of(column)).value == "<html><title>Köln</title></html>"


@pytest.mark.parametrize(
    ("body", "state", "message"),
    [
        ({"ok": True, "name": "Acme"}, "done", ""),
        ({"ok": False, "error": "no_such_team"}, "failed", "200 · no_such_team"),
        ({"name": "Acme"}, "failed", "200 · name: Acme"),
        ({"ok": True, "errors": [{"message": "Partly"}]}, "done", ""),
    ],
)
def test_an_answer_is_a_success_if_the_condition_holds(
    body: dict[str, Any], state: str, message: str, http: Any, answer: Any
) -> None:
    answer(lambda request: httpx.Response(200, json=body, headers={"X-Team": "1"}))
    condition = '{{status}} == 200 && {{body.ok}} === true && {{headers["x-team"]}} == "1"'
    result = exchanged(job_of(http(url=f"{API}/companies", success_if=condition)))
    assert (result.state, result.error_message) == (state, message)
    assert result.error_code == ("no_success" if message else "")


def test_the_condition_of_success_leaves_other_failures_as_they_are(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(404, json={"ok": True}))
    result = exchanged(job_of(http(url=f"{API}/companies", success_if="{{body.ok}}")))
    assert (result.state, result.error_code) == ("failed", "http_404")


def test_bytes_that_are_no_text_are_not_kept_as_if_they_were(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(200, content=b"\x89PNG\0", headers={"Content-Type": "image/png"}))
    result = exchanged(job_of(http(url=f"{API}/companies")))
    assert (result.state, result.error_message) == ("failed", "200 · The answer isn't text, but image/png of 5 bytes.")
    assert (result.new_attempts[0].response or {})["body"] is None


def test_a_refused_token_is_renewed_once_and_the_request_sent_once_more(signed_in: Column, answer: Any) -> None:
    given = iter(["first-token", "second-token"])

    def api(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/login":
            return httpx.Response(200, json={"token": next(given)})
        good = request.headers["authorization"] == "Bearer second-token"
        return httpx.Response(200, json={"ok": True}) if good else httpx.Response(401)

    requests = answer(api)
    job = job_of(signed_in)
    assert job.token_cache

    async def used_before() -> None:
        """A token that was accepted may have ended; one that never was is not renewed."""
        assert job.token_cache
        await job.token_cache.accepted(await job.token_cache.token())

    event_loop.run(used_before())
    result = exchanged(job)
    assert (result.state, result.attempts) == (CellState.DONE, 2)
    assert [request.url.path for request in requests] == ["/login", "/companies", "/login", "/companies"]


def test_a_row_that_is_refused_while_redis_is_away_is_sent_again_later(
    signed_in: Column, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows then whether the token has ended."""
    answer(lambda request: httpx.Response(200 if request.url.path == "/login" else 401, json={"token": "t1"}))
    job = job_of(signed_in)

    async def is_away(*_: object) -> None:
        raise RedisError

    monkeypatch.setattr(job.token_cache, "renew", is_away)
    result = exchanged(job, refused={"token": "t0", "at": 1.0})
    assert (result.state, result.attempts, result.http_status) == (CellState.QUEUED, 0, 401)
    assert result.notes == {"refused": {"token": "t0", "at": 1.0}}
    assert result.due_at
    assert result.due_at > timezone.now()


def test_an_api_that_refuses_the_new_token_too_ends_the_row(signed_in: Column, answer: Any) -> None:
    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"token": "t0k3n"}) if request.url.path == "/login" else httpx.Response(401)

    requests = answer(api)
    result = exchanged(job_of(signed_in))
    assert (result.state, result.error_code) == (CellState.FAILED, "http_401")
    assert len(requests) == 2  # a token that was never accepted is not renewed


@pytest.mark.parametrize(
    ("method", "error", "state", "again"),
    [
        ("POST", httpx.ReadError("reset"), CellState.UNKNOWN, False),
        ("GET", httpx.ReadError("reset"), CellState.QUEUED, True),
        ("POST", httpx.ConnectError("refused"), CellState.QUEUED, True),
        ("POST", httpx.ConnectTimeout("slow"), CellState.QUEUED, True),
    ],
)
def test_what_may_have_arrived_is_repeated_only_where_that_is_safe(
    method: str, error: Exception, state: str, again: bool, http: Any, answer: Any
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    answer(fail)
    body = {} if method == "POST" else {"body": ""}
    result = exchanged(job_of(http(url=f"{API}/companies", method=method, **body)), method)
    assert (result.state, result.due_at is not None) == (state, again)


def test_a_server_that_asks_to_wait_costs_no_retry(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(429, headers={"Retry-After": "30"}))
    result = exchanged(job_of(http(url=f"{API}/companies")))
    assert (result.state, result.attempts) == (CellState.LIMITED, 0)


def test_a_failure_that_says_when_is_not_tried_again_before(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(502, headers={"Retry-After": "120"}))
    result = exchanged(job_of(http(url=f"{API}/companies", method="GET", body="")), "GET")
    assert (result.state, result.attempts) == (CellState.QUEUED, 1)
    assert result.due_at
    assert 110 < (result.due_at - timezone.now()).total_seconds() <= 120


@pytest.mark.parametrize("told", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", None])
def test_a_row_that_is_not_told_how_long_to_wait_comes_later_each_time(
    told: str | None, http: Any, answer: Any
) -> None:
    answer(lambda request: httpx.Response(429, headers={"Retry-After": told} if told else {}))
    job = job_of(http(url=f"{API}/companies", retry={"max_retries": 0}))
    waits = []
    for number in range(7):
        event_loop.run(_forget_hold())
        result = exchanged(job, waits=number)
        assert (result.state, result.attempts, result.notes) == (CellState.LIMITED, 0, {"waits": number + 1})
        assert result.due_at
        waits.append(round((result.due_at - timezone.now()).total_seconds()))
    assert waits == [1, 2, 4, 8, 16, 32, 60]


def test_a_429_that_the_settings_do_not_repeat_ends_the_row_and_slows_the_others(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(429))
    job = job_of(http(url=f"{API}/companies", retry={"statuses": [503]}))
    assert exchanged(job).state == CellState.FAILED

    async def held() -> float:
        return job.limiter.held

    assert event_loop.run(held()) > 0.5


def test_an_api_that_asks_to_wait_for_long_pauses_the_run_until_then(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(429, headers={"Retry-After": "3600"}))
    result = exchanged(job_of(http(url=f"{API}/companies")))
    assert result.pause
    assert result.pause.reason.startswith("The API asks to wait until ")
    assert result.pause.resumes_at
    assert 3590 < (result.pause.resumes_at - timezone.now()).total_seconds() <= 3600
    assert (result.state, result.attempts) == (CellState.LIMITED, 0)


def test_after_ten_waits_without_a_success_the_run_pauses_itself(http: Any, answer: Any) -> None:
    answer(lambda request: httpx.Response(429, json={"message": "Slow down"}))
    column = http(url=f"{API}/companies")

    def told_again() -> Result:
        event_loop.run(_forget_hold())
        return exchanged(job_of(column))

    pauses = [told_again().pause for _ in range(11)]
    assert pauses[:10] == [None] * 10
    assert pauses[10]
    assert pauses[10].reason == (
        "After 10 waits in less than a minute without one success, the API still answers “429 · Slow down”. "
        "Check your plan's limits there, then resume the run."
    )
    assert pauses[10].resumes_at is None


async def _forget_hold() -> None:
    """As if its time had passed, with the pace."""
    async for key in event_loop.redis().scan_iter("marl:api:*"):
        await event_loop.redis().delete(key)


def test_a_success_between_begins_the_count_of_waits_anew(http: Any, answer: Any) -> None:
    statuses = iter([*[429] * 10, 200, *[429] * 10])
    answer(lambda request: httpx.Response(next(statuses), json={"ok": True}))
    column = http(url=f"{API}/companies")
    for _ in range(21):
        event_loop.run(_forget_hold())
        assert exchanged(job_of(column)).pause is None


def to(location: str, status: int, then: httpx.Response | Exception | None = None) -> Handler:
    """Redirects /companies there, and answers there."""

    def api(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/login":
            return httpx.Response(200, json={"token": "t0k3n"})
        if str(request.url) == f"{API}/companies":
            return httpx.Response(status, headers={"Location": location})
        if isinstance(then, httpx.Response):
            return then
        raise then or AssertionError(str(request.url))

    return api


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_whose_address_was_moved_fails_with_the_new_address(method: str, http: Any, answer: Any) -> None:
    requests = answer(to("/companies/", 301))
    retry = {"unsafe_methods": True, "statuses": [301]}
    result = exchanged(job_of(http(url=f"{API}/companies", method=method, retry=retry)), method)
    assert (result.state, result.error_code, result.http_status) == (CellState.FAILED, "moved", 301)
    assert result.error_message.startswith(f"301 · The API moved this address to {API}/companies/. A {method} would")
    [attempt] = result.new_attempts
    assert attempt.response
    assert attempt.response["status"] == 301
    assert attempt.error == {
        "code": "moved",
        "message": result.error_message,
        "moved_to": f"{API}/companies/",
    }
    assert (len(requests), result.due_at) == (1, None)


def test_every_redirect_stands_in_the_attempt_without_secrets(signed_in: Column, answer: Any) -> None:
    answer(to("/new?password=open%20sesame", 307, httpx.Response(200, json={"ok": True})))
    result = exchanged(job_of(signed_in))
    [attempt] = result.new_attempts
    assert attempt.request
    assert attempt.request["url"] == f"{API}/companies"
    assert attempt.request["hops"] == [
        {"status": 307, "method": "POST", "url": f"{API}/new?password=••••••••", "credentials": True}
    ]


def test_a_redirect_with_a_secret_that_leads_nowhere_is_told_without_it(signed_in: Column, answer: Any) -> None:
    def lead_away(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/login":
            return httpx.Response(200, json={"token": "t0k3n"})
        if request.url.path == "/new":
            raise httpx.ReadError("closed")
        return httpx.Response(307, headers={"Location": "/new?password=open%20sesame&next=%2Fa%3Fp%3Dopen%2520sesame"})

    answer(lead_away)
    result = exchanged(job_of(signed_in))
    assert result.error_message.startswith(
        f"The API redirects to {API}/new?password=••••••••&next=%2Fa%3Fp%3D••••••••. api.example closed"
    )
    assert str((result.new_attempts[0].error or {})["message"]) in result.error_message


def test_a_refusal_where_the_credentials_did_not_arrive_says_so_and_renews_nothing(
    signed_in: Column, answer: Any
) -> None:
    requests = answer(to("https://other.example/new", 307, httpx.Response(401, json={"message": "Who are you?"})))
    result = exchanged(job_of(signed_in))
    assert (result.state, result.error_code) == (CellState.FAILED, "http_401")
    assert result.error_message == (
        "401 · Who are you? · The API redirected to https://other.example/new, "
        "and credentials don't go along to another site."
    )
    assert [request.url.path for request in requests] == ["/login", "/companies", "/new"]
    [attempt] = result.new_attempts
    assert attempt.request
    assert attempt.request["hops"] == [
        {"status": 307, "method": "POST", "url": "https://other.example/new", "credentials": False}
    ]


BEHIND: dict[str, httpx.Response | Exception] = {
    "an error": httpx.Response(500),
    "a wait": httpx.Response(503, headers={"Retry-After": "1"}),
    "no answer": httpx.ConnectError("refused"),
    "another redirect": httpx.Response(302, headers={"Location": "ftp://files.example/"}),
}


@pytest.mark.parametrize("what", BEHIND)
def test_a_write_that_was_accepted_with_303_is_not_sent_again(what: str, http: Any, answer: Any) -> None:
    answer(to("/result", 303, BEHIND[what]))
    result = exchanged(job_of(http(url=f"{API}/companies")))
    assert (result.state, result.due_at) == (CellState.UNKNOWN, None)
    assert result.new_attempts[0].request
    assert result.new_attempts[0].request["hops"]


def test_a_write_that_may_be_repeated_is_sent_again_after_a_redirect(http: Any, answer: Any) -> None:
    answer(to("/result", 303, httpx.Response(500)))
    result = exchanged(job_of(http(url=f"{API}/companies", method="PUT")), "PUT")
    assert (result.state, result.due_at is not None) == (CellState.QUEUED, True)


def test_a_password_stays_with_the_host_it_is_for(signed_in: Column, answer: Any) -> None:
    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(308, headers={"Location": "https://other.example/login"})

    requests = answer(api)
    with pytest.raises(SignInError, match=r"redirects to https://other\.example/login, where no secret is sent"):
        exchanged(job_of(signed_in))
    assert len(requests) == 1
