"""Refresh tokens are rotated without a race: the provider ends them all when one comes twice."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import redis
from django.conf import settings
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from enrichment.columns import http as http_columns
from enrichment.connections import authorization, sign_in
from enrichment.connections import settings as connection_settings
from enrichment.connections.refusals import Doubt
from enrichment.connections.token_cache import Renewal, TokenCache
from enrichment.engine.auth.authorization_code import Granted
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SignInError
from enrichment.http_client import event_loop
from enrichment.models import Authorization, Connection
from enrichment.runs import lifecycle, progress
from tables import catalog, rows
from tables.models import Cell, Column, Table
from tests.enrichment.connections.advancing import finish, finish_apart
from tests.enrichment.connections.conftest import consent
from tests.servers.oauth_provider import Provider
from workspaces.actors import Actor
from workspaces.models import AuditEntry, Role
from workspaces.sealing import open_sealed
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 90
AGAIN = "The connection needs to be connected again."


@pytest.fixture
def connected(set_out: Callable[..., str], owner: Any, client_for: Callable[[Any], Client]) -> Connection:
    client = client_for(owner)
    assert client.get(consent(set_out(client))).status_code == 302
    return Connection.objects.get()


@pytest.fixture
def table(workspace: Any, owner: Any) -> Table:
    made = catalog.create(Actor(owner, workspace, Role.OWNER), "Leads", [("Company", "text")])
    rows.append(made, [{"Company": f"Company {number}"} for number in range(ROWS)])
    return made


def column_of(table: Table, provider: Provider, connection: Connection, name: str = "Profile") -> Column:
    request = {"method": "GET", "url": f"{provider.url}/companies/{{{{Company}}}}", "max_in_flight": 8}
    return http_columns.create(table, name, request | {"connection_id": connection.pk, "auto_update": False})


def workers(connection: Connection, count: int, ask: Callable[[TokenCache], Any]) -> list[Any]:
    """What so many workers get that ask at the same time."""

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(ask(TokenCache(connection)) for _ in range(count)))

    return event_loop.run(all_at_once(), timeout=20)


async def ask(cache: TokenCache) -> str:
    return (await cache.token()).value


async def ask_in_vain(cache: TokenCache) -> str:
    with pytest.raises(SignInError) as caught:
        await cache.token()
    return f"{caught.value.code}: {caught.value.message}"


def forget_redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()


def end_token(**changed: Any) -> None:
    """Lets the access token end now."""
    forget_redis()
    Authorization.objects.update(expires_at=1.0, **changed)


def test_every_row_is_done_with_one_renewal_for_each_token(
    connected: Connection, provider: Provider, table: Table
) -> None:
    run = finish(lifecycle.plan(column_of(table, provider, connected), "all"))
    assert (run.state, run.done, provider.refused) == ("done", ROWS, [])
    assert provider.grants("refresh_token") == 2  # ninety rows, forty for each token, the first from the consent


def test_runs_of_several_workers_renew_without_a_race(connected: Connection, provider: Provider, table: Table) -> None:
    provider.registration.uses = 100
    runs = [lifecycle.plan(column_of(table, provider, connected, name), "all") for name in ("One", "Two", "Three")]
    threads = [threading.Thread(target=finish_apart, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in runs:
        run.refresh_from_db()
    assert [(run.state, run.done) for run in runs] == [("done", ROWS)] * 3
    assert provider.refused == []
    assert not any(family.revoked for family in provider.families)
    assert provider.grants("refresh_token") == 2  # 270 rows


@pytest.mark.parametrize("rotates", [True, False])
def test_workers_that_ask_at_once_renew_once(rotates: bool, connected: Connection, provider: Provider) -> None:
    provider.registration.rotates = rotates
    for times in (1, 2, 3):
        end_token()
        assert len(set(workers(connected, 8, ask))) == 1
        assert provider.grants("refresh_token") == times
    assert provider.refused == []


def test_workers_without_a_common_redis_do_not_renew_twice(
    connected: Connection, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis may forget its lock at any time; then the database decides."""
    end_token()
    scheme: Any = sign_in.scheme_of(connected)
    secrets = sign_in.secrets_of(connected)

    async def alone() -> str:
        try:
            return (await authorization.get_token(connected, scheme, secrets))[0].value
        except SignInError as error:
            return error.code

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(alone() for _ in range(6)))

    got = event_loop.run(all_at_once(), timeout=20)
    assert (provider.grants("refresh_token"), provider.refused) == (1, [])
    assert set(got) - {"later"} == {open_sealed(Authorization.objects.get().sealed)["access_token"]}


def test_whoever_read_the_old_refresh_token_during_a_renewal_cannot_renew_with_it_after_that(
    connected: Connection,
) -> None:
    first = authorization._load(connected)
    assert authorization._claim(first)
    late = authorization._load(connected)
    granted = Granted(Token.in_header("access", "Authorization"), "new refresh token", "", None)
    assert authorization._store_renewed(replace(first, number=late.number), granted)
    assert not authorization._claim(late)
    assert authorization._claim(authorization._load(connected))


def test_the_new_refresh_token_is_stored_before_anybody_gets_the_access_token(
    connected: Connection, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_loop, "AGAIN", 0.01)
    store, failures = authorization._store_renewed, iter([DatabaseError("away"), DatabaseError("away")])

    def fail_first(*arguments: Any) -> bool:
        for failure in failures:
            raise failure
        return store(*arguments)

    monkeypatch.setattr(authorization, "_store_renewed", fail_first)
    end_token()
    [token] = workers(connected, 1, ask)
    stored = open_sealed(Authorization.objects.get().sealed)
    assert stored == {"access_token": token, "refresh_token": provider.families[0].refresh}
    assert provider.grants("refresh_token") == 1


def test_redis_that_lost_everything_costs_nothing(connected: Connection, provider: Provider) -> None:
    [before] = workers(connected, 1, ask)
    forget_redis()
    assert workers(connected, 1, ask) == [before]
    assert provider.grants("refresh_token") == 0


def test_a_worker_that_died_renewing_is_told_and_not_tried_for_ever(connected: Connection, provider: Provider) -> None:
    """The provider has given a new refresh token, and nobody has it."""
    stored = Authorization.objects.get()
    old = open_sealed(stored.sealed)["refresh_token"]
    renewed = httpx.post(
        provider.token_url,
        data={"grant_type": "refresh_token", "refresh_token": old},
        auth=("marl-client", "open+sesame+%26+more"),
    )
    assert renewed.status_code == 200
    end_token(renewing_until=timezone.now() + timedelta(seconds=30))
    assert workers(connected, 1, ask_in_vain)[0].startswith("later: ")  # it may still be at it
    assert provider.grants("refresh_token") == 1
    end_token(renewing_until=timezone.now() - timedelta(seconds=1))
    [told] = workers(connected, 1, ask_in_vain)
    assert told.startswith(f"not_connected: {AGAIN} Marl was interrupted while it renewed the token")
    assert provider.grants("refresh_token") == 2
    assert workers(connected, 3, ask_in_vain) == [told] * 3
    assert provider.grants("refresh_token") == 2


def test_an_answer_that_was_lost_is_asked_for_again(
    connected: Connection, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    end_token()
    with monkeypatch.context() as patch:
        patch.setattr(event_loop, "transport", lambda: httpx.MockTransport(break_off))
        assert workers(connected, 1, ask_in_vain)[0].startswith("later: ")
    stored = Authorization.objects.get()
    assert stored.renewing_until is not None  # in the past: nobody knows how it ended
    forget_redis()
    assert workers(connected, 1, ask)
    assert Authorization.objects.get().renewing_until is None


def test_a_provider_that_is_not_ready_costs_no_permission(
    connected: Connection, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_token()
    with monkeypatch.context() as patch:
        closed = httpx.MockTransport(lambda request: httpx.Response(503, json={"error": "temporarily_unavailable"}))
        patch.setattr(event_loop, "transport", lambda: closed)
        assert workers(connected, 1, ask_in_vain)[0].startswith("later: ")
    forget_redis()
    assert workers(connected, 1, ask)


def test_a_permission_that_was_taken_back_ends_the_run_after_one_call(
    connected: Connection, provider: Provider, table: Table
) -> None:
    column = column_of(table, provider, connected)
    assert finish(lifecycle.plan(column, {"first": 5})).done == 5
    provider.revoke_everything()
    for _ in range(2):
        run = finish(lifecycle.plan(column, "all"))
        assert run.state == "stopped"
        assert AGAIN in run.stop_reason
        assert "The refresh token was revoked" in run.stop_reason
    assert (provider.grants("refresh_token"), provider.refused) == (1, ["invalid_grant"])
    assert progress.as_json(run)["connection_to_mend"] == connected.pk
    cell = Cell.objects.filter(run_id=run.pk, error_code="not_connected").first()
    assert cell
    assert AGAIN in cell.error_message
    connected.refresh_from_db()
    assert connected.refused
    told = connection_settings.as_json(connected)
    assert told["connected"] is None
    assert AGAIN in told["refused"]["message"]
    assert sign_in.test(connected)["error"]["code"] == "not_connected"
    assert provider.grants("refresh_token") == 1
    assert AuditEntry.objects.filter(action="connection.lost", who="Marl").count() == 1


def test_connecting_again_lets_the_column_run_again(
    connected: Connection,
    provider: Provider,
    table: Table,
    set_out: Callable[..., str],
    owner: Any,
    client_for: Callable[[Any], Client],
) -> None:
    column = column_of(table, provider, connected)
    provider.revoke_everything()
    end_token()
    stopped = finish(lifecycle.plan(column, "all"))
    assert stopped.state == "stopped"
    client = client_for(owner)
    page = client.get(f"/connections/{connected.pk}/edit").content.decode()
    assert "Needs to be connected again" in page
    assert "was revoked or used before. Open it and press Connect." in client.get("/connections").content.decode()
    assert "Acme – not connected" in client.get(f"/columns/{column.pk}/panel").content.decode()
    blank = {"secret.value": ["", ""]}
    client.get(consent(set_out(client, f"/connections/{connected.pk}/edit", **blank)))
    assert finish(lifecycle.plan(column, "all")).done == ROWS
    assert progress.as_json(stopped)["connection_to_mend"] is None
    connected.refresh_from_db()
    assert connected.refused is None


def test_a_client_secret_that_changed_costs_no_permission(connected: Connection, provider: Provider) -> None:
    provider.registration.client_secret = "a new one"
    end_token()
    assert "Client authentication failed" in workers(connected, 1, ask_in_vain)[0]
    assert workers(connected, 2, ask_in_vain)[0].startswith("refused: ")
    assert provider.grants("refresh_token") == 1
    connection_settings.save(connected, secrets={"client_secret": "a new one"})
    assert workers(Connection.objects.get(), 1, ask)


def test_a_token_without_a_refresh_token_is_used_until_it_ends(
    connected: Connection,
    provider: Provider,
    set_out: Callable[..., str],
    owner: Any,
    client_for: Callable[[Any], Client],
) -> None:
    provider.registration.refreshes = False
    client = client_for(owner)
    client.get(consent(set_out(client, f"/connections/{connected.pk}/edit", **{"secret.value": ["", ""]})))
    connection = Connection.objects.get()

    async def refused(cache: TokenCache) -> Renewal | Doubt | None:
        token = await cache.token()
        await cache.accepted(token)
        return await cache.renew(token)

    assert workers(connection, 1, refused) == [None]
    assert Authorization.objects.get().lost == ""
    end_token()
    assert "gave none to renew it with" in workers(connection, 1, ask_in_vain)[0]
    assert provider.grants("refresh_token") == 0


def test_keys_are_rotated_for_tokens_too(connected: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Authorization.objects.get().sealed
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", ["a new key", *settings.ENCRYPTION_KEYS])
    connection_settings.seal_anew()
    after = Authorization.objects.get().sealed
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", ["a new key"])
    assert after != before
    assert open_sealed(after)["refresh_token"]


def test_a_test_shows_the_answer_without_its_tokens_however_short(
    connected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {"access_token": "a1", "refresh_token": "r1", "id_token": "i1"}
    answer = httpx.MockTransport(lambda request: httpx.Response(200, json={"scope": "companies.read", **tokens}))
    monkeypatch.setattr(event_loop, "transport", lambda: answer)
    told = sign_in.test(connected)
    assert told["ok"]
    shown = json.loads(told["answer"]["body"])
    assert shown == {"scope": "companies.read"} | dict.fromkeys(tokens, "••••••••")
    assert open_sealed(Authorization.objects.get().sealed)["refresh_token"] == "r1"


def test_the_api_says_who_connected_it(connected: Connection, workspace: Any) -> None:
    api = Client(headers={"Authorization": f"Bearer {create_api_token(workspace, 'tests', Role.EDITOR)[1]}"})
    told = api.get(f"/api/v1/connections/{connected.pk}").json()
    assert told["connected"]["by"] == "owner@example.com"
    assert told["connected"]["scope"] == "companies.read offline"
    assert told["secrets"] == {"client_id": True, "client_secret": True}
    assert api.post(f"/api/v1/connections/{connected.pk}/test").json()["ok"]
    config = {"authorize_url": "https://login.example/authorize", "token_url": "https://login.example/token"}
    settings = {"name": "Other", "kind": "oauth2_authorization_code", "config": config | {"client_auth": "none"}}
    made = api.post("/api/v1/connections", settings | {"secrets": {"client_id": "a"}}, content_type="application/json")
    assert (made.status_code, made.json()["connected"]) == (201, None)
    tested = api.post(f"/api/v1/connections/{made.json()['id']}/test").json()
    assert tested["error"]["message"] == "The connection isn't connected yet. Open it and press Connect."
    changed = {"config": {"scope": "companies.read"}}
    patched = api.patch(f"/api/v1/connections/{made.json()['id']}", changed, content_type="application/json")
    assert patched.json()["config"]["scope"] == "companies.read"
