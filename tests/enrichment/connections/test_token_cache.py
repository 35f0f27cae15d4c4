"""One token for all: caches that know nothing of each other stand for workers; the sign-in server is a function."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from enrichment.connections import settings as connection_settings
from enrichment.connections import token_cache
from enrichment.connections.refusals import Doubt
from enrichment.connections.token_cache import Renewal, TokenCache
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SignInError
from enrichment.http_client import event_loop
from enrichment.models import Connection
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(workspace: Any, owner: Any) -> Connection:
    request = {"method": "POST", "url": "https://api.example/login", "body": '{"p": "{{secret.password}}"}'}
    return connection_settings.create(
        Actor(owner, workspace, Role.OWNER),
        name="CRM",
        kind="jwt",
        config={"auth_request": request, "token_path": "token"},
        secrets={"password": "open sesame"},
    )


@pytest.fixture
def sign_ins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that the server has given, token-1 first; each takes it a moment."""
    given: list[str] = []

    async def sign_in(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        given.append(f"token-{len(given) + 1}")
        return httpx.Response(200, json={"token": given[-1]})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(sign_in))
    return given


def workers(connection: Connection, count: int, ask: Callable[[TokenCache], Any]) -> list[Any]:
    """What so many workers get that ask at the same time."""

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(ask(TokenCache(connection)) for _ in range(count)))

    return event_loop.run(all_at_once(), timeout=20)


def test_workers_that_ask_at_once_sign_in_once(connection: Connection, sign_ins: list[str]) -> None:
    async def several(cache: TokenCache) -> list[str]:
        return [token.value for token in await asyncio.gather(*(cache.token() for _ in range(20)))]

    assert workers(connection, 5, several) == [["token-1"] * 20] * 5
    assert sign_ins == ["token-1"]


def test_workers_whose_token_is_refused_at_once_renew_it_once(connection: Connection, sign_ins: list[str]) -> None:
    async def use(cache: TokenCache) -> Token:
        token = await cache.token()
        await cache.accepted(token)
        return token

    async def renew(cache: TokenCache) -> list[str]:
        refused = await cache.token()
        renewed = await asyncio.gather(*(cache.renew(refused) for _ in range(10)))
        return [renewal.token.value for renewal in renewed if isinstance(renewal, Renewal)]

    workers(connection, 1, use)
    assert workers(connection, 3, renew) == [["token-2"] * 10] * 3
    assert sign_ins == ["token-1", "token-2"]


def test_a_token_that_no_api_has_accepted_is_not_renewed(connection: Connection, sign_ins: list[str]) -> None:
    async def renew(cache: TokenCache) -> Renewal | Doubt | None:
        return await cache.renew(await cache.token())

    assert workers(connection, 1, renew) == [None]
    assert sign_ins == ["token-1"]


@pytest.mark.parametrize("accepted", [["token-1", "token-2"], ["token-2", "token-1"]])
def test_a_token_stays_known_as_accepted_when_requests_with_another_one_end(
    accepted: list[str], connection: Connection
) -> None:
    """A refusal of the one may be judged while the other is in use already, or an old request may end late."""
    tokens = {name: Token.in_header(name, "Authorization") for name in accepted}

    async def are_new(cache: TokenCache) -> list[bool]:
        for token in tokens.values():
            await cache._refusals.issued(token)
        for name in accepted:
            await cache.accepted(tokens[name])
        return [await cache._refusals.is_new(token) for token in tokens.values()]

    assert workers(connection, 1, are_new) == [[False, False]]


def test_the_lock_of_a_worker_that_died_ends(
    connection: Connection, sign_ins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "LOCKED_FOR", 0.2)

    async def die_signing_in(cache: TokenCache) -> None:
        await event_loop.redis().lock(f"{cache._key}:lock", timeout=0.2).acquire()

    async def ask(cache: TokenCache) -> str:
        return (await cache.token()).value

    workers(connection, 1, die_signing_in)
    assert workers(connection, 2, ask) == ["token-1", "token-1"]


def test_a_refused_password_is_not_tried_again(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        return httpx.Response(403, json={"message": "wrong password"})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(refuse))

    async def ask(cache: TokenCache) -> str:
        with pytest.raises(SignInError) as caught:
            await cache.token()
        return caught.value.code

    assert workers(connection, 3, ask) == ["refused"] * 3
    assert len(tries) == 1
    connection.refresh_from_db()
    assert "wrong password" in str(connection.refused)


def test_what_redis_holds_says_nothing_without_the_key(connection: Connection, sign_ins: list[str]) -> None:
    async def stored(cache: TokenCache) -> str:
        await cache.token()
        keys = [key async for key in event_loop.redis().scan_iter("marl:token:*")]
        return "\n".join([repr(await event_loop.redis().get(key)) for key in keys])

    [text] = workers(connection, 1, stored)
    assert text
    assert "token-1" not in text
