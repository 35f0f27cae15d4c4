"""A signed JWT is exchanged for a token at a server that checks signature, audience, issuer, expiry and jti."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Connection
from enrichment.runs import lifecycle
from tables.models import Column, Table
from tests.enrichment.connections.advancing import finish, finish_apart
from tests.enrichment.connections.conftest import ROWS
from tests.servers.oauth_provider import JWT_GRANT, Provider, Registration, serving
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)

PRIVATE = rsa.generate_private_key(65537, 2048)
KEY = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Registration(public_key=PRIVATE.public_key())) as running:
        yield running


def connect(actor: Actor, provider: Provider, **config: Any) -> Connection:
    settings = {"token_url": provider.token_url, "claims": {"iss": provider.registration.issuer}} | config
    return connection_settings.create(actor, name="Acme", kind="jwt_bearer", config=settings, secrets={"key": KEY})


def column_of(table: Table, provider: Provider, connection: Connection, name: str = "Profile") -> Column:
    settings = {"method": "GET", "url": f"{provider.url}/companies/{{{{Company}}}}", "max_in_flight": 8}
    return http_columns.create(table, name, settings | {"connection_id": connection.pk, "auto_update": False})


@pytest.mark.parametrize("send_as", ["assertion", "client_assertion"])
def test_every_row_is_done_with_one_sign_in_for_each_token(
    send_as: str, provider: Provider, table: Table, actor: Actor
) -> None:
    connection = connect(actor, provider, send_as=send_as)
    run = finish(lifecycle.plan(column_of(table, provider, connection), "all"))
    assert (run.state, run.done, provider.refused) == ("done", ROWS, [])
    assert len(provider.asked) == 3  # ninety rows, forty for each token


def test_runs_of_two_columns_share_each_token(provider: Provider, table: Table, actor: Actor) -> None:
    provider.registration.uses = 120
    connection = connect(actor, provider)
    runs = [lifecycle.plan(column_of(table, provider, connection, name), "all") for name in ("One", "Other")]
    threads = [threading.Thread(target=finish_apart, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in runs:
        run.refresh_from_db()
    assert [(run.state, run.done) for run in runs] == [("done", ROWS)] * 2
    assert provider.grants(JWT_GRANT) == 2  # 180 rows, 120 for each token


def test_a_jwt_that_the_server_does_not_take_is_told_in_its_words_and_tried_once(
    provider: Provider, table: Table, actor: Actor
) -> None:
    connection = connect(actor, provider, claims={"iss": "somebody else"})
    column = column_of(table, provider, connection)
    for _ in range(2):
        run = finish(lifecycle.plan(column, "all"))
        assert run.state == "stopped"
        assert "Invalid JWT: Invalid issuer" in run.stop_reason
    assert provider.refused == ["invalid_grant"]
    connection_settings.save(connection, config={"claims": {"iss": provider.registration.issuer}})
    assert sign_in.test(connection)["ok"]


def test_a_token_whose_end_nobody_states_lasts_as_long_as_the_settings_say(provider: Provider, actor: Actor) -> None:
    provider.registration.expires_in = None
    told = sign_in.test(connect(actor, provider, lifetime_seconds=7200))
    assert told["ok"]
    assert told["token"]["expires_at"]


def test_a_key_that_does_not_fit_the_algorithm_is_refused_when_it_is_saved(provider: Provider, actor: Actor) -> None:
    with pytest.raises(
        InvalidSettings, match=r"ES256 needs an EC key, and this is an RSA key\. Choose RS256\."
    ) as caught:
        connect(actor, provider, algorithm="ES256")
    assert [problem.field for problem in caught.value.problems] == ["secrets.key"]
    assert not Connection.objects.exists()
