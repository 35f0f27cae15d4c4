"""The page of all connections: whether each can sign in, what uses it, and when it last did."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.test import Client
from redis import RedisError

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections.token_cache import TokenCache
from enrichment.http_client import event_loop
from enrichment.models import Connection, Run
from enrichment.panel import connection_list
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def connection(actor: Actor) -> Connection:
    request = {"method": "POST", "url": "https://api.example/login", "body": '{"p": "{{secret.password}}"}'}
    config = {"auth_request": request, "token_path": "token", "lifetime_seconds": 900}
    return connection_settings.create(actor, name="CRM", kind="jwt", config=config, secrets={"password": "open sesame"})


def shown(actor: Actor) -> dict[str, Any]:
    [only] = connection_list.listed(actor)
    return only


def sign_in(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"token": "k3y-0123456789"}))
    monkeypatch.setattr(event_loop, "transport", lambda: answer)
    event_loop.run(TokenCache(connection).token())


def test_a_token_says_how_long_it_is_good(
    connection: Connection,
    actor: Actor,
    editor: User,
    client_for: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert shown(actor)["state"].words == "Signs in when needed"
    sign_in(connection, monkeypatch)
    assert "Signed in, about 14 min left" in client_for(editor).get("/connections").content.decode()


def test_a_refusal_says_why_and_what_to_do(
    connection: Connection, editor: User, client_for: Callable[[User], Client]
) -> None:
    connection.refused = {"message": "Sign-in was refused: 401 · Wrong password.", "at": time.time()}
    connection.save()
    page = client_for(editor).get("/connections").content.decode()
    assert "Refused just now: 401 · Wrong password. Edit or test it to try again.</td>" in page


def test_without_redis_the_page_says_less(
    connection: Connection, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(_: TokenCache) -> None:
        raise RedisError

    monkeypatch.setattr(TokenCache, "stored_until", unreachable)
    assert shown(actor)["state"].words == "Signs in when needed"


def test_a_key_needs_no_sign_in(actor: Actor) -> None:
    connection_settings.create(actor, name="Maps", kind="api_key", config={}, secrets={"key": "k3y-0123456789"})
    assert shown(actor)["state"].words == "No sign-in needed"
    assert shown(actor)["used_by"] == ""


def test_its_columns_and_their_last_run_are_told(
    connection: Connection, actor: Actor, http: Callable[..., Any], editor: User, client_for: Callable[[User], Client]
) -> None:
    column = http()
    http_columns.save(column, {"connection_id": connection.pk, "confirm_host": "127.0.0.1"})
    run = Run.objects.create(table=column.table, column=column, scope="all")
    assert (shown(actor)["used_by"], shown(actor)["last_used"]) == ("1 column", run.created_at)
    page = client_for(editor).get("/connections").content.decode()
    assert "Leads · Profile" in page
    assert f"/connections/{connection.pk}/delete" not in page
