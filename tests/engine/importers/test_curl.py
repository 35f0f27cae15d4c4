"""cURL commands as documentation and browsers write them."""

import shlex
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import curl

CHROME = r"""curl 'https://api.example/v1/companies?fields=name' \
  -H 'accept: application/json' \
  -H 'content-type: application/json' \
  -H 'sec-ch-ua: "Chromium";v="141"' \
  -H 'x-team: growth' \
  --data-raw $'{"name":"Sam\'s \u0041pples","note":"a\\nb"}' \
  --compressed"""
WINDOWS = 'curl.exe -X PUT "https://api.example/v1" ^\r\n -H "X-Team: growth" ^\r\n -d "{\\"name\\": \\"Sam\\"}"'


def config(text: str) -> dict[str, object]:
    return curl.parse(text).config


def test_a_command_copied_from_a_browser_fills_the_form() -> None:
    assert config(CHROME) == {
        "method": "POST",
        "url": "https://api.example/v1/companies?fields=name",
        "query": [],
        "headers": [{"name": "accept", "value": "application/json"}, {"name": "x-team", "value": "growth"}],
        "body": '{"name":"Sam\'s Apples","note":"a\\nb"}',
    }


def test_a_command_for_windows_is_understood() -> None:
    found = config(WINDOWS)
    assert (found["method"], found["body"]) == ("PUT", '{"name": "Sam"}')


@pytest.mark.parametrize(
    ("command", "method", "url", "body"),
    [
        ("curl https://a.example/x", "GET", "https://a.example/x", None),
        ("$ curl a.example/x", "GET", "https://a.example/x", None),
        ("curl -sSL -XDELETE --url https://a.example/x", "DELETE", "https://a.example/x", None),
        ("curl https://a.example -d '{}'", "POST", "https://a.example", "{}"),
        ("curl https://a.example --json '{\"a\": 1}'", "POST", "https://a.example", '{"a": 1}'),
        ("curl -G https://a.example -d a=1 --data-urlencode 'b=x y'", "GET", "https://a.example?a=1&b=x%20y", None),
        ("curl -X patch 'https://a.example/{{Id}}' -d '[{{N}}]'", "PATCH", "https://a.example/{{Id}}", "[{{N}}]"),
        ("curl https://a.example --data-raw '$' -H 'X: $'", "POST", "https://a.example", "$"),
    ],
)
def test_method_address_and_body_follow_the_options(command: str, method: str, url: str, body: str | None) -> None:
    found = config(command)
    assert (found["method"], found["url"], found["body"]) == (method, url, body)


@pytest.mark.parametrize("option", ["-H 'Authorization: Bearer abc'", "-u sam:secret", "-b 'session=1'"])
def test_credentials_do_not_end_up_in_a_column(option: str) -> None:
    pasted = curl.parse(f"curl https://a.example {option}")
    assert pasted.config["headers"] == []
    assert "belong in a connection" in pasted.notes[0]


def test_a_form_is_taken_over_and_told() -> None:
    pasted = curl.parse("curl https://a.example -d name=Sam -d city=Graz")
    assert pasted.config["body"] == "name=Sam&city=Graz"
    assert "sends a form" in pasted.notes[0]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "Start the command with the word curl"),
        ("wget https://a.example", "Start the command with the word curl"),
        ("curl 'https://a.example", "A quotation mark is never closed"),
        ("curl -s", "has no address"),
        ("curl a.example b.example", "has 2 addresses"),
        ("curl a.example -X TRACE", "can't send TRACE"),
        ("curl a.example -d @body.json", "comes from the file body.json"),
        ("curl a.example -F file=@x", "uploads a file"),
        ("curl a.example --no-such-option", "--no-such-option"),
    ],
)
def test_what_cannot_be_taken_over_is_told(command: str, words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        curl.parse(command)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(body=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), value=TEXT)
def test_a_quoted_argument_arrives_as_it_was(body: str, value: str) -> None:
    value = value.strip() or "x"
    body = "{" + body
    found = config(f"curl a.example -H {shlex.quote(f'X-Team: {value}')} \\\n --data-raw {shlex.quote(body)}")
    assert found["headers"] == [{"name": "X-Team", "value": value}]
    assert found["body"] == body


@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    for command in (text, f"curl {text}"):
        with suppress(InvalidSettings):
            assert curl.parse(command).config["url"]


def test_a_written_command_hides_secrets_and_quotes_the_rest() -> None:
    written = curl.write("POST", "https://a.example/x?q=a b", {"authorization": "Bearer ••••••••"}, '{"a": "it\'s"}')
    assert written.splitlines()[0] == "curl -X POST 'https://a.example/x?q=a b' \\"
    assert "-H 'authorization: Bearer <secret>'" in written
    assert curl.parse(written).config["body"] == '{"a": "it\'s"}'


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: "••" not in text))
def test_what_was_written_is_read_as_it_was(text: str) -> None:
    found = curl.parse(curl.write("PUT", "https://a.example/", {"x-team": "a b"}, "{" + text)).config
    assert (found["method"], found["body"]) == ("PUT", "{" + text)
    assert found["headers"] == [{"name": "x-team", "value": "a b"}]


def test_a_sign_that_a_browser_writes_in_two_halves_arrives_whole() -> None:
    command = r"""curl https://api.example -d $'{"mood": "it\'s \ud83d\ude00", "half": "\ud83d"}'"""
    assert curl.parse(command).config["body"] == '{"mood": "it\'s 😀", "half": "\ufffd"}'


def test_a_long_gap_is_read_at_once() -> None:
    started = time.process_time()
    curl.parse(f"curl {' ' * 200_000}https://api.example")
    assert time.process_time() - started < 5
