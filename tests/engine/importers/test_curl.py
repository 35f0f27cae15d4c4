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
        "body_format": "json",
        "body": '{"name":"Sam\'s Apples","note":"a\\nb"}',
        "form": [],
    }


def test_a_command_for_cmd_as_chrome_copies_it_is_understood() -> None:
    found = config(
        'curl ^"https://a.example/x?q=1^&r=50^%^25^" ^\r\n  -H ^"X-Team: a^" ^\r\n --data-raw ^"^{^\\^"a^\\^":1^}^"'
    )
    assert (found["url"], found["body"]) == ("https://a.example/x?q=1&r=50%25", '{"a":1}')


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


@pytest.mark.parametrize(
    ("address", "url", "to_choose"),
    [
        ("https://a.example/c/{id}/x", "https://a.example/c/{{id}}/x", "id"),
        ("'https://a.example/c/{company-id}'", "https://a.example/c/{{company-id}}", "company-id"),
        ('"https://a.example/c/$ID?q=${Q}"', "https://a.example/c/{{ID}}?q={{Q}}", "ID, Q"),
        ('"$API/c"', "{{API}}/c", "API"),
        ("'https://a.example/c/$ID'", "https://a.example/c/{{ID}}", "ID"),
        ("https://a.example/c/<domain>", "https://a.example/c/{{Domain}}", ""),
        ("'https://a.example/c/<domain>'", "https://a.example/c/{{Domain}}", ""),
        ("'https://a.example/c/{{Company}}'", "https://a.example/c/{{Company}}", ""),
        ("'https://a.example/o?$filter=a&$top=5'", "https://a.example/o?$filter=a&$top=5", ""),
        ('"https://a.example/o?$filter=a"', "https://a.example/o?$filter=a", ""),
        ("'https://a.example/o/$metadata'", "https://a.example/o/$metadata", ""),
        ("'https://a.example/?f={\"a\":1}'", 'https://a.example/?f={"a":1}', ""),
    ],
)
def test_a_place_in_the_address_becomes_a_reference_to_choose(address: str, url: str, to_choose: str) -> None:
    pasted = curl.parse(f"curl {address}", {"Domain": "text"})
    assert pasted.config["url"] == url
    assert pasted.notes == ((f"Choose a column for {to_choose}.",) if to_choose else ())


def test_a_variable_of_the_shell_becomes_a_reference_in_header_and_body() -> None:
    found = config("""curl a.example -H "X-Team: $TEAM" -d "{\\"id\\": \\"$ID\\"}" """)
    assert found["headers"] == [{"name": "X-Team", "value": "{{TEAM}}"}]
    assert found["body"] == '{"id": "{{ID}}"}'
    assert (
        config('curl -G a.example --data-urlencode "q=a $ID {{B C}}"')["url"]
        == "https://a.example?q=a%20{{ID}}%20{{B C}}"
    )


@pytest.mark.parametrize(
    ("rest", "note"),
    [
        (
            "-c jar -x proxy.example:80 -N --max-redirs 3 --tlsv1.2 -#",
            "--cookie-jar, --proxy, --no-buffer, --max-redirs",
        ),
        ("| jq .name", "What follows the command was left out: | jq .name."),
        ("> file.json", "What follows the command was left out: > file.json."),
        ("2>/dev/null && echo done", "What follows the command was left out: 2>/dev/null && echo done."),
        ("-H 'sec-ch-ua: x' -H 'Host: b.example' -e c.example", "left out: Referer, sec-ch-ua, Host."),
        ("-A 'Mozilla/5.0'", "left out: User-Agent."),
        ("-H 'Content-Type: application/x-www-form-urlencoded'", "left out: Content-Type."),
        ("--oauth2-bearer abc", "sign-ins belong in a connection"),
    ],
)
def test_what_is_passed_over_is_told(rest: str, note: str) -> None:
    pasted = curl.parse(f"curl https://a.example {rest}")
    assert (pasted.config["url"], pasted.config["method"]) == ("https://a.example", "GET")
    assert pasted.config["headers"] == []
    assert note in " ".join(pasted.notes)


@pytest.mark.parametrize(
    "rest", ["", "-sSLvifg", "--compressed", "-H 'Content-Type: application/json'", "-H 'Accept:'"]
)
def test_what_changes_nothing_is_not_worth_a_note(rest: str) -> None:
    pasted = curl.parse(f"curl https://a.example {rest}")
    assert (pasted.config["headers"], pasted.notes) == ([], ())


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        ("-A marl/1", [("User-Agent", "marl/1")]),
        ("-H 'Content-Type: application/merge-patch+json' -d '{}'", [("Content-Type", "application/merge-patch+json")]),
        ("-H 'Content-Type: application/json; charset=utf-8' -d '{}'", []),
        ("-H 'Content-Type: application/vnd.api+json'", []),
    ],
)
def test_a_header_that_means_something_is_kept(options: str, headers: list[tuple[str, str]]) -> None:
    found = curl.parse(f"curl a.example {options}").config["headers"]
    assert [(one["name"], one["value"]) for one in found] == headers


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("--json '{\"a\":' --json '1}'", '{"a":1}'),
        ("-d '-5'", "-5"),
        ("--data-urlencode '=x y'", "x%20y"),
        ("--data-urlencode 'x y'", "x%20y"),
        ("-sXPOST", None),
        ("-X POST -d ''", ""),
    ],
)
def test_the_body_is_what_curl_sends(options: str, body: str | None) -> None:
    found = config(f"curl a.example {options}")
    assert (found["method"], found["body"]) == ("POST", body)


@pytest.mark.parametrize("option", ["-H 'Authorization: Bearer abc'", "-u sam:secret", "-b 'session=1'"])
def test_credentials_do_not_end_up_in_a_column(option: str) -> None:
    pasted = curl.parse(f"curl https://a.example {option}")
    assert pasted.config["headers"] == []
    assert "belong in a connection" in pasted.notes[0]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "Start the command with the word curl"),
        ("wget https://a.example", "Start the command with the word curl"),
        ("curl 'https://a.example", "A quotation mark is never closed"),
        ("curl -s", "has no address"),
        ("curl a.example b.example", "has 2 addresses"),
        ("curl 'a.example/{x,y}'", "The address stands for several, by {x,y}. Keep one of them"),
        ("curl 'a.example/[1-20:2]'", r"The address stands for several, by \[1-20:2\]"),
        ("curl a.example -d a=1 -F b=2", "has a body and a form"),
        ("curl a.example -d @-", "The body comes from another command. Paste its text instead"),
        ("curl a.example -X TRACE", "can't send TRACE"),
        ("curl a.example -d @body.json", "comes from the file body.json"),
        ("curl a.example -F file=@x", "uploads a file"),
        ("curl a.example -T x", "uploads a file"),
        ("curl a.example -F x", "has no name"),
        ("curl a.example --no-such-option", "--no-such-option"),
        ("curl a.example -X", "The option --request has no value"),
        ('curl a.example -d "$(cat body.json)"', "runs another one inside of it"),
        ("curl a.example -d `cat body.json`", "runs another one inside of it"),
        ("curl a.example --data-urlencode name@file", "comes from the file file"),
        ("curl a.example -H @headers", "come from the file headers"),
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


def test_a_sign_that_a_browser_writes_in_two_halves_arrives_whole() -> None:
    command = r"""curl https://api.example -d $'{"mood": "it\'s \ud83d\ude00", "half": "\ud83d"}'"""
    assert curl.parse(command).config["body"] == '{"mood": "it\'s 😀", "half": "\ufffd"}'


def test_a_long_gap_is_read_at_once() -> None:
    started = time.process_time()
    curl.parse(f"curl {' ' * 200_000}https://api.example")
    assert time.process_time() - started < 5


def test_a_body_that_the_shell_feeds_in_is_the_body() -> None:
    pasted = curl.parse('curl a.example --json @- <<EOF\n{"a": "{{A}}"}\nEOF', {"A": "text"})
    assert (pasted.config["body_format"], pasted.config["body"]) == ("json", '{"a": "{{A}}"}')
    assert pasted.config["method"] == "POST"
    assert pasted.notes == ()
