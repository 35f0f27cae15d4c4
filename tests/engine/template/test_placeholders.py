"""Places to fill in that were copied from an API's documentation: asked about, never sent without a word."""

from typing import Any

import pytest

from enrichment.engine.template import request

NAMES = {1: "Email", 2: "User ID"}
URL = "https://api.example"


def questions(**config: Any) -> list[tuple[str, str | None]]:
    """The text that each question is about, and what would stand there instead."""
    whole = {"method": "POST", "url": URL, "query": [], "headers": [], "body": None} | config
    problems = request.compile(whole, NAMES).warnings
    texts = {"url": whole["url"], "body": whole["body"]}
    texts |= {f"{field}.0.value": whole[field][0]["value"] for field in ("query", "headers") if whole[field]}
    found = []
    for problem in problems:
        assert problem.offset is not None
        assert problem.length is not None
        text = texts[problem.field][problem.offset : problem.offset + problem.length]
        assert problem.message.startswith(f"“{text}” is sent as plain text")
        found.append((text, problem.edit.text if problem.edit else None))
    return found


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("/users/:user_id/posts", [(":user_id", "{{User ID}}")]),
        ("/users/{id}", [("{id}", None)]),
        ("/users/${email}", [("${email}", "{{Email}}")]),
        ("/users/<user id>", [("<user id>", "{{User ID}}")]),
        ("/users/[EMAIL]?to=$EMAIL", [("[EMAIL]", "{{Email}}"), ("$EMAIL", "{{Email}}")]),
        ("/users?key=YOUR_API_KEY", [("YOUR_API_KEY", None)]),
        ("/users?email={email}", [("{email}", "{{Email}}")]),
        ("/v1/documents:batchGet/$metadata?$filter=x&page[size]=2&at=10:30", []),
        ("/users/{{Email}}?key={{User ID}}", []),
    ],
)
def test_those_in_an_address_are_asked_about(url: str, asked: list[tuple[str, str | None]]) -> None:
    assert questions(url=f"{URL}{url}") == asked


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ('{"email": "<email>", "a": ["${User_ID}"]}', [("<email>", "{{Email}}"), ("${User_ID}", "{{User ID}}")]),
        ('{"email": "{email}", "id": "{id}"}', [("{id}", None), ("{email}", "{{Email}}")]),
        ('{"%EMAIL%": "x", "html": "<b>Hi</b> {name}", "q": "query($id: ID!) {a}", "list": ["[sic]"]}', []),
    ],
)
def test_those_in_a_json_body_are_asked_about_once(body: str, asked: list[tuple[str, str | None]]) -> None:
    assert questions(body=body) == asked


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ("Bearer <token>", [("<token>", None)]),
        ("your-api-key", [("your-api-key", None)]),
        ("Bearer {{Email}}", []),
        ("application/json; charset=utf-8", []),
    ],
)
def test_those_in_a_header_are_asked_about(value: str, asked: list[tuple[str, str | None]]) -> None:
    assert questions(headers=[{"name": "X-Key", "value": value}]) == asked
