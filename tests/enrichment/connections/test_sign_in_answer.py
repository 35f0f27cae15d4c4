"""What a test of a sign-in shows of the answer: everything but secrets and tokens."""

import json
from typing import Any

import httpx
import pytest

from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in, sign_in_answer
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.engine.messages import Response
from enrichment.http_client import event_loop
from enrichment.models import Connection
from workspaces.actors import Actor
from workspaces.models import Role

TOKEN = "kf83hf-47dh2.sj39_dk20d"
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln"


def shown(body: Any, *headers: tuple[str, str], **secrets: str) -> dict[str, Any]:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return sign_in_answer.as_json(Response(200, headers, content), Redactor(secrets))


def test_the_structure_stays_and_secrets_and_tokens_do_not() -> None:
    body = {"user": {"name": "Sam", "id": 7}, "access_token": TOKEN, "id": JWT, "echo": "sent open sesame", "ok": True}
    told = json.loads(shown(body, password="open sesame")["body"])
    assert told == {
        "user": {"name": "Sam", "id": 7},
        "access_token": HIDDEN,
        "id": HIDDEN,
        "echo": f"sent {HIDDEN}",
        "ok": True,
    }


def test_long_texts_and_lists_are_cut() -> None:
    told = json.loads(shown({"text": "word " * 100, "list": list(range(60))})["body"])
    assert told["text"].endswith("… (500 characters)")
    assert len(told["text"]) < 230
    assert told["list"][49:] == [49, "… and 10 more"]


def test_cookies_and_headers_lose_their_tokens() -> None:
    told = shown({}, ("Set-Cookie", f"sid={TOKEN}; Path=/; HttpOnly"), ("X-Auth-Token", TOKEN), ("Server", "nginx"))
    assert told["headers"] == {
        "Set-Cookie": f"sid={HIDDEN}; Path=/; HttpOnly",
        "X-Auth-Token": HIDDEN,
        "Server": "nginx",
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (JWT, HIDDEN),
        (f"token={JWT}; more", f"token={HIDDEN}; more"),
        ("<h1>Maintenance open sesame</h1>", f"<h1>Maintenance {HIDDEN}</h1>"),
        ("", ""),
    ],
)
def test_a_text_is_shown_without_tokens(body: str, expected: str) -> None:
    assert shown(body, ("Content-Type", "text/html"), password="open sesame")["body"] == expected


def test_what_is_no_text_is_not_shown() -> None:
    told = sign_in_answer.as_json(
        Response(200, (("Content-Type", "image/png"),), b"\x89PNG\r\n\x1a\n\0\0"), Redactor({})
    )
    assert told["body"] is None


@pytest.fixture
def connection(workspace: Any, owner: Any) -> Connection:
    request = {"url": "https://crm.example/login", "body": '{"password": "{{secret.password}}"}'}
    return connection_settings.create(
        Actor(owner, workspace, Role.OWNER),
        name="CRM",
        kind="jwt",
        config={"auth_request": request, "token_path": "access_token"},
        secrets={"password": "open sesame"},
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, {"access_token": TOKEN}, None),
        (200, {"data": {"access_token": TOKEN}}, "No token at access_token. Found one at data.access_token."),
        (200, {"error": "invalid user"}, "The sign-in answered 200, without a token: invalid user"),
        (404, {"detail": "Not Found"}, "There is nothing at this address (404). Check the sign-in URL."),
        (405, {}, "This address wants another method (405): PUT."),
    ],
)
def test_a_test_shows_the_answer_whether_or_not_it_let_us_in(
    status: int, body: Any, words: str | None, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = httpx.Response(status, json=body, headers={"Allow": "PUT"})
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(lambda _: answer))
    told = sign_in.test(connection)
    assert (told["ok"], told["status"], told["answer"]["status"]) == (words is None, status, status)
    assert told["answer"]["headers"]["Allow"] == "PUT"
    assert list(json.loads(told["answer"]["body"])) == list(body)
    assert TOKEN not in json.dumps(told)
    assert (told["error"] or {}).get("message") == words


@pytest.mark.django_db(transaction=True)
def test_without_an_answer_none_is_shown(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(fail))
    told = sign_in.test(connection)
    assert (told["ok"], told["status"], told["answer"]) == (False, None, None)
