import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine import response
from enrichment.engine.messages import Response
from enrichment.engine.template import paths


def answer(status: int, body: object = b"", **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), content)


def test_a_json_answer_is_the_value() -> None:
    outcome = response.read(answer(200, {"a": 1}))
    assert (outcome.state, outcome.value, outcome.http_status) == ("done", {"a": 1}, 200)


def test_only_what_is_at_the_field_paths_is_kept() -> None:
    outcome = response.read(answer(200, {"a": {"b": 1, "c": 2}}), [paths.compile("a.b")])
    assert outcome.value == {"a": {"b": 1}}


@pytest.mark.parametrize("encoding", ["cp866", "cp1254"])
def test_a_value_whose_letters_are_a_guess_says_so(encoding: str) -> None:
    texts = {"cp866": "Санкт-Петербург, Россия", "cp1254": "İstanbul'un çok güzel bir şehir olduğunu söylüyorlar"}
    body = json.dumps({"city": texts[encoding], "id": 7}, ensure_ascii=False).encode(encoding)
    outcome = response.read(answer(200, body, content_type="application/json"))
    assert (outcome.state, outcome.error_code) == ("done", "guessed_letters")
    assert outcome.error_message.startswith("The server doesn't say how its letters are encoded. They were read as ")
    picked = response.read(answer(200, body, content_type="application/json"), [paths.compile("id")])
    assert (picked.value, picked.error_code) == ({"id": 7}, "")


@pytest.mark.parametrize(
    ("encoding", "media_type"), [("utf-8", "application/json"), ("cp866", "application/json; charset=ibm866")]
)
def test_letters_that_are_known_have_no_mark(encoding: str, media_type: str) -> None:
    body = '{"city": "Санкт-Петербург"}'.encode(encoding)
    outcome = response.read(answer(200, body, content_type=media_type))
    assert (outcome.value, outcome.error_code) == ({"city": "Санкт-Петербург"}, "")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'{"a": "x\u0000y", "b": 1}', "x\ufffdy"),
        (rb'{"a": "\ud83d!", "b": 1}', "\ufffd!"),
        (rb'{"a": ["\ude00\ud83d"], "b": 1}', ["\ufffd\ufffd"]),
        (rb'{"a": {"\uD800": "\ud83d\ude00"}, "b": 1}', {"\ufffd": "😀"}),
    ],
)
def test_a_character_that_cannot_be_stored_is_told_where_it_is_kept(body: bytes, value: object) -> None:
    outcome = response.read(answer(200, body, content_type="application/json"))
    assert (outcome.state, outcome.value, outcome.error_code) == ("done", {"a": value, "b": 1}, "replaced_characters")
    assert "U+0000" in outcome.error_message
    picked = response.read(answer(200, body, content_type="application/json"), [paths.compile("b")])
    assert (picked.value, picked.error_code) == ({"b": 1}, "")


def test_letters_may_be_a_guess_and_others_replaced() -> None:
    body = '{"city": "Санкт-Петербург, Россия", "id": "\\u0000"}'.encode("cp866")
    outcome = response.read(answer(200, body, content_type="application/json"))
    assert outcome.error_code == "guessed_letters"
    assert "U+0000" in outcome.error_message


@pytest.mark.parametrize("text", [r"\ud83d\ude00 \ufffd", r"\\ud83d \\u0000 \ufffd", r"\"\uD83D\uDE00\" \ufffd"])
def test_whole_characters_and_what_only_looks_like_a_half_have_no_mark(text: str) -> None:
    outcome = response.read(answer(200, f'{{"a": "{text}"}}'.encode(), content_type="application/json"))
    assert (outcome.value, outcome.error_code) == (json.loads(f'{{"a": "{text}"}}'), "")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'""', b'{"b": 1}'])
def test_an_answer_without_data_is_no_failure(body: bytes) -> None:
    assert response.read(answer(200, body), [paths.compile("a")]).state == "no_data"


@pytest.mark.parametrize("body", [b"Rate limit exceeded", b'"Rate limit exceeded"'])
def test_a_text_where_fields_are_to_be_kept_is_a_failure(body: bytes) -> None:
    outcome = response.read(answer(200, body), [paths.compile("data.name")])
    words = "200 · The answer is only “Rate limit exceeded”, without the fields to keep."
    assert (outcome.state, outcome.error_code, outcome.error_message) == ("failed", "no_fields", words)


def test_a_text_answer_is_the_text() -> None:
    assert response.read(answer(200, b"plain words", content_type="text/plain")).value == "plain words"
    assert (
        response.read(answer(200, "für".encode("latin-1"), content_type="text/plain; charset=latin-1")).value == "für"
    )


def test_what_no_database_holds_is_made_harmless() -> None:
    outcome = response.read(answer(200, b'{"a\\ud800": ["\\udc00", "\\ud83d\\ude00", 1e999, 1.5]}'))
    assert outcome.value == {"a�": ["�", "😀", "1e999", 1.5]}
    assert response.read(answer(500, b'{"message": "a\\u0000b\\ud800c"}')).error_message == "500 · a b c"


@pytest.mark.parametrize("charset", ["idna", "hex", "undefined", "no-such"])
def test_a_charset_that_is_none_does_not_matter(charset: str) -> None:
    told = answer(200, "ü".encode(), content_type=f"text/plain; charset={charset}")
    assert response.read(told).state == "done"


def test_an_answer_nested_without_end_is_a_failure() -> None:
    told = answer(200, b"[" * 200_000, content_type="application/json")
    assert response.read(told).error_code == "not_json"
    told = answer(200, b"[" * 600 + b"]" * 600, content_type="application/json")
    assert response.read(told).error_code == "not_json"
    assert response.read(answer(500, b"[" * 200_000)).state == "failed"
    assert response.read(answer(200, [[1]] * 2000)).state == "done"


def test_a_broken_page_takes_no_time() -> None:
    began = time.monotonic()
    response.read(answer(500, b"<p" * 3_000_000))
    response.read(answer(500, b"<title>" * 1_000_000))
    assert time.monotonic() - began < 2


def test_broken_json_is_a_failure_that_says_so() -> None:
    outcome = response.read(answer(200, b'{"a":', content_type="application/json"))
    assert (outcome.state, outcome.error_code) == ("failed", "not_json")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"detail": "no such company"}, "no such company"),
        ({"error": {"message": "quota used up", "code": 7}}, "quota used up"),
        ({"errors": [{"title": "Bad zip"}]}, "Bad zip"),
        ({"email": ["This field is required."]}, "email: This field is required."),
        ("just a text", "just a text"),
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway"),
        (b"<p>Please &amp; wait</p>", "Please & wait"),
        (b"first line\nsecond", "first line"),
        (b"", "not found"),
    ],
)
def test_a_failure_shows_the_most_telling_line(body: object, line: str) -> None:
    assert response.read(answer(404, body)).error_message == f"404 · {line}"


def test_retries_are_recognised_by_status() -> None:
    assert not response.read(answer(401), retry_statuses={503}).retryable
    assert response.read(answer(503), retry_statuses={503}).retryable


@pytest.mark.parametrize(
    ("told", "wait", "is_too_fast"),
    [
        (answer(429), 0, True),
        (answer(429, retry_after="12"), 12, True),
        (answer(503), None, False),
        (answer(503, retry_after="12"), 12, False),
        (answer(403), None, False),
        (answer(403, retry_after="0"), 0, True),
    ],
)
def test_a_server_that_asks_to_wait_did_not_do_it(told: Response, wait: float | None, is_too_fast: bool) -> None:
    outcome = response.read(told, retry_statuses={429, 503}, may_repeat=False)
    assert (outcome.wait, outcome.is_too_fast) == (wait, is_too_fast)


def test_a_429_that_is_not_to_be_tried_again_only_slows_the_others() -> None:
    outcome = response.read(answer(429), retry_statuses={503})
    assert (outcome.wait, outcome.is_too_fast) == (None, True)
    assert response.read(answer(429, retry_after="12"), retry_statuses={503}).wait == 12


@given(
    st.integers(100, 599),
    st.binary(max_size=40) | st.text(max_size=20).map(lambda text: json.dumps({"error": text}).encode()),
    st.text(max_size=30),
)
def test_any_answer_becomes_an_outcome(status: int, body: bytes, header: str) -> None:
    headers = (("Content-Type", f"text/plain; charset={header}"), ("Retry-After", header))
    assert response.read(Response(status, headers, body)).state in ("done", "no_data", "failed")


def test_an_answer_that_is_a_problem_by_its_type_is_no_result() -> None:
    body = {"type": "about:blank", "title": "Out of credit", "detail": "It costs 50."}
    told = answer(200, body, content_type="application/problem+json; charset=utf-8")
    outcome = response.read(told)
    assert (outcome.state, outcome.error_code, outcome.error_message) == ("failed", "problem", "200 · It costs 50.")
    assert response.read(told, is_success=True).value == body


@pytest.mark.parametrize("body", [b'{"a": 1, "b', b"<a><b", b"12"])
def test_an_answer_that_goes_on_after_its_length_says_so(body: bytes) -> None:
    told = Response(200, (("Content-Type", "application/xml" if b"<" in body else "application/json"),), body)
    outcome = response.read(replace(told, goes_on=True))
    assert outcome.error_code == "incomplete"
    assert outcome.error_message == "200 · The answer goes on after the length that the server states for it."


def test_errors_beside_results_are_those_of_some_of_them() -> None:
    errors = [{"message": "Could not get some contacts"}]
    outcome = response.read(answer(207, {"status": "COMPLETE", "results": [{"id": "1"}], "errors": errors}))
    assert outcome.state == "done"
    refused = response.read(answer(200, {"results": [], "errors": errors}))
    assert (refused.state, refused.error_message) == ("failed", "200 · Could not get some contacts")
