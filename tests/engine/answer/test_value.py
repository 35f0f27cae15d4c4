"""The value of a body: right, or a reason why there is none."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.answer.value import LONGEST_TEXT, Kind, Unreadable, value_of
from enrichment.engine.messages import Response


def answer(body: str | bytes, content_type: str = "", status: int = 200) -> Response:
    headers = (("Content-Type", content_type),) if content_type else ()
    return Response(status, headers, body if isinstance(body, bytes) else body.encode())


@pytest.mark.parametrize(
    ("body", "content_type", "value"),
    [
        ('{"a": 1}', "application/json", {"a": 1}),
        ('{"a": 1}', "application/vnd.api+json; charset=utf-8", {"a": 1}),
        ('{"a": 1}', "text/html", {"a": 1}),
        ("[1, 2]", "", [1, 2]),
        ('{"a": 1, "a": 2, "a": {"b": 3, "b": 4}}', "", {"a": {"b": 4, "b 2": 3}, "a 2": 1, "a 3": 2}),
        ('{"a": 1, "a 2": 2, "a": 3}', "", {"a": 3, "a 2": 2, "a 3": 1}),
        (r'{"a\u0000": "x\u0000y"}', "application/json", {"a\ufffd": "x\ufffdy"}),
        ("12", "application/json", 12),
        ("1.10", "text/plain", "1.10"),
        ("0042\n", "text/plain", "0042"),
        ("true", "text/plain", "true"),
        ('"quoted"', "text/plain", '"quoted"'),
        ("1.10", "", "1.10"),
        ('"quoted"', "", "quoted"),
        (" two  words ", "text/plain", " two  words "),
        ("a,b\r\n1,2\r\n", "text/csv", "a,b\r\n1,2"),
        ("[a],b", "text/csv", "[a],b"),
        ("{not json", "text/plain", "{not json"),
        ("OK", "text/html", "OK"),
        ('{"a": 1}\n{"a": 2}\n', "application/x-ndjson", [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\n{"a": 2}\n', "application/json", [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\n{"a": 2}\n', "text/plain", [{"a": 1}, {"a": 2}]),
        ('\x1e{"a": 1}\n\x1e{"a": 2}\n', "application/json-seq", [{"a": 1}, {"a": 2}]),
        ("<a><b>1.10</b><b>2</b></a>", "application/xml", {"a": {"b": ["1.10", "2"]}}),
        ('<a id="7">x</a>', "application/atom+xml", {"a": {"@id": "7", "#text": "x"}}),
        ('<?xml version="1.0"?><a>x</a>', "text/plain", {"a": "x"}),
        ("<a>x</a>", "text/plain", "<a>x</a>"),
        ('"x"', "json", "x"),
        ('call({"a": 1});', "application/javascript", {"a": 1}),
        ('/**/ns.call_1( [{"a": ")"}] )', "application/json", [{"a": ")"}]),
        ("run({});\nstop()", "application/javascript", "run({});\nstop()"),
        (')]}\',\n{"a": 1}', "application/json", {"a": 1}),
        ('while(1);[{"a": 1}]', "application/json", [{"a": 1}]),
        ('\ufeff\ufeff{"a": 1}', "application/json", {"a": 1}),
        ("[1.10, 1e5, 0.30000000000000004]", "", [1.1, 1e5, 0.1 + 0.2]),
        (f"[{52.5200066:.20f}]", "", [52.5200066]),
        ("[0.1234567890123456789, 12345678901234567.89]", "", ["0.1234567890123456789", "12345678901234567.89"]),
        ("[1e400, -1e-400, 0.00e9]", "", ["1e400", "-1e-400", 0.0]),
        (str(10**40), "application/json", 10**40),
        (f"[{'9' * 5000}]", "application/json", ["9" * 5000]),
    ],
)
def test_a_body_is_what_its_type_and_its_look_say(body: str, content_type: str, value: Any) -> None:
    found = value_of(answer(body, content_type))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("body", ["", " \n", "\ufeff"])
def test_an_empty_body_has_no_value(body: str) -> None:
    assert value_of(answer(body, "application/json")) is None


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body_has_none_whatever_stands_behind_it(status: int) -> None:
    assert value_of(answer("stray", "application/json", status)) is None


@pytest.mark.parametrize(
    ("body", "content_type", "code", "words"),
    [
        (
            "<!doctype html><title>Maintenance</title>",
            "text/html",
            "web_page",
            "A web page instead of JSON: Maintenance",
        ),
        (
            "<html><h1>Sign in</h1></html>",
            "application/json",
            "web_page",
            "A web page instead of JSON: Sign in",
        ),
        ("<p>Sign in</p>", "application/json", "not_json", "isn't valid JSON: line 1, column 1, near “<p>"),
        ('{"a": "x\ny"}', "application/json", "not_json", "column 9, a control character inside a text (U+000A)."),
        ('call({"a": })', "application/json", "not_json", "line 1, column 7, near “}”"),
        ("<!-- x --><html><h1>Sign in</h1></html>", "text/plain", "web_page", "A web page instead of JSON: Sign in"),
        ("<p>Not here</p>", "text/html", "web_page", "A web page instead of JSON: Not here"),
        ('{"a":', "application/json", "not_json", "The response isn't valid JSON: it ends too early."),
        ('{"a": NaN}', "application/json", "not_json", "it contains NaN"),
        ('{"a": 1}\n{"a": ', "application/x-ndjson", "not_json", "ends too early"),
        ("<a><b></a>", "application/xml", "not_xml", "The response isn't valid XML: line 1, column 9."),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "text/xml", "not_xml", "entities of its own"),
        ("<a>" * 600 + "</a>" * 600, "text/xml", "not_xml", "nested more than 500 levels"),
        (
            "x" * (LONGEST_TEXT + 1),
            "text/plain",
            "too_large",
            "a text of 1,048,577 characters. A cell holds 1,048,576.",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png", "binary", "The answer isn't text, but image/png of 10 bytes."),
        (b"\n\5hello", "application/x-protobuf", "binary", "The answer isn't text, but application/x-protobuf of 7"),
        (b"%PDF-1.7" + b"x" * 1992, "application/pdf", "binary", "application/pdf of 2.0 kB"),
        (
            b"\x1f\x8b\x08\0\0\0",
            "application/json",
            "binary",
            "The answer isn't text, but gzip of 6 bytes, although the server calls it application/json.",
        ),
        ("größer".encode()[:-3], "application/json", "binary", "not all of it: a letter is broken after “grö”"),
    ],
)
def test_what_has_no_value_says_why(body: str | bytes, content_type: str, code: str, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        value_of(answer(body, content_type))
    assert refused.value.code == code
    assert words in str(refused.value)


def test_a_text_that_goes_on_after_its_length_has_no_value() -> None:
    """Of an object or a list the end is marked, so that it came whole."""
    cut, whole = answer("Zoë Köl", "text/plain"), answer('{"a": 1}', "application/json")
    with pytest.raises(Unreadable, match="goes on after the length that the server states"):
        value_of(replace(cut, goes_on=True))
    assert value_of(replace(whole, goes_on=True)) == {"a": 1}


def test_a_part_that_nobody_asked_for_has_no_value() -> None:
    def part(content_range: str) -> Response:
        return Response(206, (("Content-Range", content_range),), b"[1]")

    with pytest.raises(Unreadable, match="only a part of the answer: bytes 0 to 2 of 4000"):
        value_of(part("bytes 0-2/4000"))
    assert value_of(replace(part("bytes 0-2/4000"), is_part=True)) == [1]
    assert value_of(part("bytes 0-2/3")) == [1]
    assert value_of(part("0-9/4000")) == [1]  # a page of a list


@pytest.mark.parametrize(
    ("kind", "body", "content_type", "value"),
    [
        ("text", "<html>x</html>", "text/html", "<html>x</html>"),
        ("text", '{"a": 1}', "application/json", '{"a": 1}'),
        ("json", "1.5", "text/plain", 1.5),
        ("xml", "<a>x</a>", "text/plain", {"a": "x"}),
    ],
)
def test_a_kind_that_is_chosen_goes_before_type_and_look(kind: Kind, body: str, content_type: str, value: Any) -> None:
    assert value_of(answer(body, content_type), kind) == value


@given(
    st.binary(max_size=60), st.sampled_from(["", "application/json", "text/xml", "text/html", "application/x-ndjson"])
)
def test_any_body_has_a_value_or_a_reason(body: bytes, content_type: str) -> None:
    reason: Unreadable | None = None
    try:
        value_of(answer(body, content_type))
    except Unreadable as refused:
        reason = refused
    assert reason is None or (reason.code and str(reason))
