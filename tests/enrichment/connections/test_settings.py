from typing import Any

import pytest

from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Connection
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(workspace: Any, owner: Any) -> Connection:
    actor = Actor(owner, workspace, Role.OWNER)
    return connection_settings.create(actor, name="CRM", kind="bearer", config={}, secrets={"token": "first"})


def test_every_edit_forgets_the_token(connection: Connection) -> None:
    before = sign_in.token_key(connection)
    connection_settings.save(connection, secrets={"token": "second"})
    assert sign_in.token_key(connection) != before
    assert connection_settings.opened(connection) == {"token": "second"}


def test_edits_at_the_same_time_do_not_share_a_token(connection: Connection) -> None:
    one, other = (Connection.objects.get(pk=connection.pk) for _ in range(2))
    connection_settings.save(one, secrets={"token": "of one"})
    connection_settings.save(other, secrets={"token": "of the other"})
    assert len({sign_in.token_key(item) for item in (connection, one, other)}) == 3


def test_allowed_hosts_are_read_as_addresses_are(connection: Connection) -> None:
    hosts = ["https://API.example.com:8443/v1", "*.Straße.example", "example.org.", "0x7f.1"]
    connection_settings.save(connection, config={"allowed_hosts": hosts})
    expected = ["*.xn--strae-oqa.example", "127.0.0.1", "api.example.com", "example.org"]
    assert connection.config["allowed_hosts"] == expected
    assert connection_settings.allows(connection, "www.xn--strae-oqa.example")
    assert connection_settings.allows(connection, "example.org.")
    with pytest.raises(InvalidSettings, match="isn't a host name"):
        connection_settings.save(connection, config={"allowed_hosts": ["a b.example"]})
