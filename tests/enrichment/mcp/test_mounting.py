"""Who reaches the endpoint, in which versions of the protocol, and what it costs those who don't."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from enrichment.mcp import mounting, tools
from tests.enrichment.mcp.assistants import Assistant

pytestmark = pytest.mark.django_db(transaction=True)
type Assistants = Callable[..., Assistant]
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def post(url: str, token: str = "", body: Any = LIST, **headers: str) -> httpx.Response:
    given = {"Accept": "application/json, text/event-stream"} | headers
    if token:
        given["Authorization"] = f"Bearer {token}"
    return httpx.post(f"{url}/mcp", json=body, headers=given, trust_env=False)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_old_and_new_clients_list_the_tools(mode: str, assistant: Assistants) -> None:
    claude = assistant("viewer")

    async def listed() -> Any:
        async with claude.http() as http, claude.connected(http, mode) as client:
            return (await client.list_tools()).tools

    found = {tool.name: tool for tool in asyncio.run(listed())}
    assert set(found) == set(tools.TOOLS)
    assert all(tool.description for tool in found.values())
    assert found["read_rows"].annotations.read_only_hint
    assert not found["start_run"].annotations.read_only_hint
    assert "description" in found["read_rows"].input_schema["properties"]["filter"]


@pytest.mark.parametrize("token", ["", "marl_nonsense"])
def test_nobody_comes_in_without_a_valid_token(token: str, url: str) -> None:
    refused = post(url, token)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="Marl"'
    assert "Authorization: Bearer marl_" in refused.json()["error"]["message"]


def test_a_browsers_session_is_no_token(url: str, client_for: Callable[[Any], Any], owner: Any) -> None:
    cookies = {name: cookie.value for name, cookie in client_for(owner).cookies.items()}
    assert post(url, Cookie="; ".join(f"{name}={value}" for name, value in cookies.items())).status_code == 401


def test_a_name_that_others_point_at_this_machine_is_refused(assistant: Assistants) -> None:
    claude = assistant()
    rebound = post(claude.url, claude.token, Host="evil.example")
    assert (rebound.status_code, "MARL_ALLOWED_HOSTS" in rebound.text) == (421, True)
    foreign = post(claude.url, claude.token, Origin="https://evil.example")
    assert (foreign.status_code, "https://evil.example" in foreign.text) == (403, True)
    assert post(claude.url, claude.token, Origin=claude.url).status_code == 200


def test_there_is_no_session_to_listen_to(assistant: Assistants) -> None:
    claude = assistant()
    refused = httpx.get(f"{claude.url}/mcp", headers={"Authorization": f"Bearer {claude.token}"}, trust_env=False)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_a_request_has_a_largest_size(assistant: Assistants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounting, "LARGEST", 1024 * 1024)
    claude = assistant()
    refused = post(claude.url, claude.token, LIST | {"params": {"x": "x" * 1024 * 1024}})
    assert (refused.status_code, refused.json()["error"]["message"][:26]) == (413, "Send at most 1 MiB at once")


@pytest.mark.parametrize("body", [[], {}, 1, {"jsonrpc": "2.0", "id": 1, "method": "nothing"}])
def test_what_is_no_request_of_the_protocol_is_an_error_of_it(body: Any, assistant: Assistants) -> None:
    claude = assistant()
    refused = post(claude.url, claude.token, body)
    assert refused.status_code < 500
    assert "error" in refused.json()


def test_other_addresses_are_djangos(url: str) -> None:
    assert httpx.get(f"{url}/healthz", trust_env=False).json() == {"ok": True}
    assert httpx.get(f"{url}/mcp/more", trust_env=False).status_code == 404


def test_the_web_server_starts_without_the_protocol() -> None:
    program = "import sys, config.asgi; sys.exit('mcp' in sys.modules or 'starlette' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
