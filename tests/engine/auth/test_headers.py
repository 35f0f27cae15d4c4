"""Any number of headers and parameters: what is sent, what is wrong with them, what is shown."""

from dataclasses import asdict
from typing import Any

import pytest

from enrichment.engine.auth import kinds
from enrichment.engine.auth.headers import Headers
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import InvalidSettings, SignInError
from enrichment.engine.messages import Request

PLAIN = Request("GET", "https://api.example/x?a=1", (("Accept", "application/json"), ("Cookie", "seen=1")))
SECRETS = {"id": "i d&1", "key": "k3y"}


def scheme(headers: dict[str, str], query: dict[str, str] | None = None) -> Headers:
    config = {
        field: [{"name": name, "value": value} for name, value in pairs.items()]
        for field, pairs in (("headers", headers), ("query", query or {}))
    }
    made = kinds.compile("headers", kinds.defaults("headers") | config)
    assert isinstance(made, Headers)
    return made


def test_a_request_carries_all_headers_and_parameters() -> None:
    token = scheme({"X-Id": "{{secret.id}}", "X-Sign": "v1 {{secret.id}}:{{secret.key}}"}, {"key": "{{secret.key}}"})
    sent = token.token(SECRETS, 0).apply_to(PLAIN)
    assert sent.headers[2:] == (("X-Id", "i d&1"), ("X-Sign", "v1 i d&1:k3y"))
    assert sent.url == "https://api.example/x?a=1&key=k3y"
    assert token.shown("…").shown == "X-Id: …, X-Sign: v1 …:…, ?key=…"


def test_a_header_of_the_column_gives_way_and_a_cookie_stands_beside_it() -> None:
    token = scheme({"accept": "application/vnd.api+json", "Cookie": "key={{secret.key}}"}).token(SECRETS, 0)
    sent = token.apply_to(PLAIN)
    assert sent.headers == (("accept", "application/vnd.api+json"), ("Cookie", "seen=1; key=k3y"))
    assert token.carried_by(sent) == list(token.credentials)
    assert token.carried_by(PLAIN) == []


def test_a_token_comes_back_from_json_as_it_was() -> None:
    token = scheme({"X-Id": "{{secret.id}}"}, {"key": "{{secret.key}}"}).token(SECRETS, 0)
    assert Token.from_json(asdict(token)) == token


@pytest.mark.parametrize(
    ("headers", "query", "field"),
    [
        ({}, {}, "headers"),
        ({"a b": "1"}, {}, "headers.0.name"),
        ({"X-A": "1", "Host": "2"}, {}, "headers.1.name"),
        ({"X-A": "{{Company}}"}, {}, "headers.0.value"),
        ({}, {"": "{{secret.key}}"}, "query.0.name"),
    ],
)
def test_a_wrong_line_is_told_at_its_field(headers: dict[str, str], query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        scheme(headers, query)
    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.parametrize(
    ("secrets", "words"), [({"id": "1"}, "The secret key isn't set"), ({"id": "1", "key": "a\nb"}, "line break")]
)
def test_a_secret_that_cannot_be_sent_is_told(secrets: dict[str, Any], words: str) -> None:
    with pytest.raises(SignInError, match=words):
        scheme({"X-Id": "{{secret.id}}", "X-Key": "{{secret.key}}"}).token(secrets, 0)


def test_settings_name_the_secrets_that_are_missing() -> None:
    config = {"headers": [{"name": "X-Id", "value": "{{secret.id}} {{secret.key}}"}]}
    problems = kinds.check("headers", kinds.defaults("headers") | config, {"id": "1"})
    assert [(problem.field, problem.message) for problem in problems] == [("secrets.key", "Enter the secret key.")]
