"""Where and when an API is asked for a result that it has not got yet."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, RenderError
from enrichment.engine.messages import Request, Response
from enrichment.engine.shapes import poll
from enrichment.engine.shapes.progress import Progress
from enrichment.engine.shapes.words import duration

URL = "https://api.example/v2/jobs?team=1"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HEADERS = (("X-Key", "k"), ("Content-Type", "application/json"))


def after(body: bytes = b'{"job": "a b", "links": {"self": "/v2/state/7"}}', **headers: str) -> Progress:
    """The progress after a first answer."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    request = Request("POST", URL, HEADERS, b"{}")
    return Progress.begin(request, Response(202, named, body), 100.0, 1)


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("/v2/jobs/{{first.job}}", "https://api.example/v2/jobs/a%20b"),
        ("/status?id={{first.job}}", "https://api.example/status?id=a%20b"),
        ("https://jobs.example/{{first.job}}", "https://jobs.example/a%20b"),
        ("{{first.links.self}}", "https://api.example/v2/state/7"),
        ("{{body.links.self}}", "https://api.example/v2/state/7"),
        ("", URL),
    ],
)
def test_the_address_comes_from_the_settings_and_the_answers(template: str, address: str) -> None:
    assert poll.address(template).of(after()) == address


@pytest.mark.parametrize("header", ["Location", "Operation_Location"])
def test_without_a_template_the_answer_names_the_address(header: str) -> None:
    assert poll.address("").of(after(b"{}", **{header: "/v2/state/9"})) == "https://api.example/v2/state/9"


def test_an_answer_without_what_the_address_needs_is_an_error_of_its_row() -> None:
    with pytest.raises(RenderError, match=r"first\.job is empty"):
        poll.address("/v2/jobs/{{first.job}}").of(after(b"{}"))


def test_a_mistake_in_a_path_is_shown_where_it_is() -> None:
    with pytest.raises(InvalidSettings) as found:
        poll.address("/v2/{{frist.job}}")
    [problem] = found.value.problems
    assert (problem.field, problem.offset, problem.column) == ("poll.url", 4, 5)


@pytest.mark.parametrize(("address", "sent"), [("", {"X-Key"}), ("https://else.example/{{first.job}}", set())])
def test_headers_go_along_to_the_same_site_alone(address: str, sent: set[str]) -> None:
    request = poll.request(poll.address(address), after())
    assert (request.method, request.body) == ("GET", None)
    assert {name for name, _ in request.headers} - {"Accept"} == sent


@pytest.mark.parametrize(
    "location",
    [
        *("file:///etc/passwd", "ftp://api.example/x", "mailto:a@b.example", "http://[bad/x", "http://300.1.1.1/x"),
        *("//api.example:99999/x", "http:///x", "http://a..b/x"),
    ],
)
def test_an_answer_cannot_lead_anywhere_but_to_the_web(location: str) -> None:
    with pytest.raises(RenderError):
        poll.request(poll.address(""), after(Location=location))


def test_a_broken_address_in_a_field_is_an_error_of_its_row() -> None:
    with pytest.raises(RenderError, match=r"“http://\[bad” isn't an address"):
        poll.address("{{first.url}}").of(after(b'{"url": "http://[bad"}'))


def test_what_the_api_says_goes_before_the_settings() -> None:
    assert poll.seconds_to_next(Response(202, (("Retry-After", "7"),)), 2, NOW) == 7
    assert poll.seconds_to_next(Response(200, (), b'{"retry_after": 0.5}'), 2, NOW) == 0.5
    assert poll.seconds_to_next(Response(200, (("X-RateLimit-Reset", "60"),), b"{}"), 2, NOW) == 2


@given(st.floats(0, 1e6), st.floats(1, 1e6))
def test_nobody_is_asked_for_longer_than_the_settings_say(elapsed: float, longest: float) -> None:
    left = poll.seconds_left(after(), longest, 100.0 + elapsed)
    assert left <= longest
    assert (left <= 0) == (100.0 + elapsed - 100.0 >= longest)
    assert poll.seconds_left(after(), longest, 100.0 - elapsed) == longest


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values), st.integers(0, 1000))
def test_progress_is_the_same_after_it_was_kept(body: dict[str, object], requests: int) -> None:
    progress = after(json.dumps(body).encode(), Location="/x").failed(requests)
    assert Progress.of_json(json.loads(json.dumps(progress.as_json()))) == progress


def test_durations_are_written_in_their_largest_unit() -> None:
    in_words = [duration(ms) for ms in (250, 2000, 90_000, 600_000, 7_200_000)]
    assert in_words == [
        "250 ms",
        "2 s",
        "1.5 min",
        "10 min",
        "2 h",
    ]
