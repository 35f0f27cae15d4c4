"""A table of companies, and a connection that a person lets in, at a provider that takes nothing lightly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client

from tests.servers.oauth_provider import Provider, Registration, serving

if TYPE_CHECKING:
    from tables.models import Table
    from workspaces.actors import Actor
    from workspaces.models import User, Workspace

ROWS = 90
CALLBACK = "http://testserver/connections/callback"


@pytest.fixture
def actor(workspace: Workspace, owner: User) -> Actor:
    from workspaces.actors import Actor
    from workspaces.models import Role

    return Actor(owner, workspace, Role.OWNER)


@pytest.fixture
def table(actor: Actor) -> Table:
    """So many rows that several workers have some."""
    from tables import catalog, rows

    made = catalog.create(actor, "Leads", [("Company", "text")])
    rows.append(made, [{"Company": f"Company {number}"} for number in range(ROWS)])
    return made


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Registration(redirect_uris={CALLBACK})) as running:
        yield running


@pytest.fixture
def entered(provider: Provider) -> dict[str, Any]:
    """What somebody enters in the form of the connection."""
    registered = provider.registration
    return {
        "kind": "oauth2_authorization_code",
        "name": "Acme",
        "authorize_url": f"{provider.url}/authorize",
        "token_url": provider.token_url,
        "scope": "companies.read offline",
        "client_auth": registered.client_auth,
        "secret.name": ["client_id", "client_secret"],
        "secret.value": [registered.client_id, registered.client_secret],
    }


@pytest.fixture
def set_out(entered: dict[str, Any]) -> Callable[..., str]:
    """Presses Connect in the form; returns the address at the provider."""

    def press(client: Client, form: str = "/connections/new", **changed: Any) -> str:
        sent = entered | changed | {"then": "connect", "in": "page"}
        answer = client.post(form, sent, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.content.decode()
        return answer["HX-Redirect"]

    return press


def consent(address: str, allow: str = "yes") -> str:
    """Answers the provider's question; returns where it sends the browser: path and query."""
    page = urlsplit(address)
    asked = httpx.get(address)
    assert asked.status_code == 200, asked.text
    form = dict(httpx.QueryParams(page.query)) | {"allow": allow}
    back = httpx.post(f"{page.scheme}://{page.netloc}/consent", data=form).headers["Location"]
    return back.removeprefix("http://testserver")
