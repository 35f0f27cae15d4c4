"""The sample API and its table: the same everywhere, without an account, and no way to anything else of the server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import addresses, client
from enrichment.http_client.transport import Transport
from enrichment.models import Connection, HttpColumn
from enrichment.sample import api as sample_api
from enrichment.sample import companies
from enrichment.sample import table as sample_table
from tables.models import Column, Row
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused

HERE = "http://127.0.0.1:8000"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
type Send = Callable[[str], Awaitable[Response]]


@pytest.fixture(autouse=True)
def _fresh(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SAMPLE_API_URL, settings.ALLOWED_NETWORKS = HERE, []
    monkeypatch.setattr(sample_api, "_counts", {})
    monkeypatch.setattr(companies, "delay_ms", lambda domain: 0)


async def test_a_company_is_the_same_whenever_it_is_asked_for(async_client: AsyncClient) -> None:
    first = await async_client.get("/sample-api/v1/companies/northwind.example")
    again = await async_client.post(
        "/sample-api/v1/companies", {"domain": " Northwind.example "}, content_type="application/json"
    )
    assert first.json() == again.json()
    assert first.json()["data"] | {"industry": ""} == {
        "domain": "northwind.example",
        "name": "Northwind",
        "city": "Kyoto",
        "country": "Japan",
        "founded": 2015,
        "employees": 1009,
        "industry": "",
    }


async def test_some_companies_are_not_known(async_client: AsyncClient) -> None:
    for domain in ("proseware.example", "no domain", "x" * 300 + ".example"):
        assert (await async_client.get(f"/sample-api/v1/companies/{domain}")).status_code == 404


async def test_an_account_takes_a_token_and_the_token_a_password(async_client: AsyncClient) -> None:
    async def get(**headers: str) -> Any:
        return await async_client.get("/sample-api/crm/accounts/contoso.example", headers=headers)

    async def sign_in(password: str) -> Any:
        sent = {"email": sample_api.USERNAME, "password": password}
        return await async_client.post("/sample-api/login", sent, content_type="application/json")

    assert (await get()).status_code == 401
    assert (await get(Authorization="Bearer e30.e30.")).status_code == 401
    refused = await sign_in("guess")
    assert (refused.status_code, sample_api.PASSWORD in refused.json()["error"]["message"]) == (401, True)
    token = (await sign_in(sample_api.PASSWORD)).json()["data"]["access_token"]
    assert (await get(Authorization=f"Bearer {token}")).json()["data"]["account"]["domain"] == "contoso.example"


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ("[" * 9000, 400), ("[1]", 422), ('{"domain": 1}', 422), ("{}", 422), (" " * 20_000, 413)],
)
async def test_a_bad_body_is_told(body: str, status: int, async_client: AsyncClient) -> None:
    answer = await async_client.post("/sample-api/v1/companies", body, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_one_address_may_ask_only_so_often(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_api, "MOST", 2)
    monkeypatch.setattr("time.monotonic", lambda: 1.5)
    answers = [await async_client.get("/sample-api/v1/companies/contoso.example") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "1"


async def test_without_its_setting_there_is_none(async_client: AsyncClient, settings: Settings) -> None:
    settings.SAMPLE_API_URL = ""
    assert (await async_client.get("/sample-api/v1/companies/contoso.example")).status_code == 404
    assert not addresses.is_sample("/sample-api/v1/companies/contoso.example")


NOT_THE_SAMPLE = [
    f"{HERE}/settings/members",
    f"{HERE}/sample-api",
    f"{HERE}/sample-apix/",
    f"{HERE}/sample-api/../settings/members",
    f"{HERE}/sample-api/%2e%2e/settings",
    f"{HERE}/sample-api/%252e%252e/settings",
    f"{HERE}/sample-api/..%2fsettings",
    f"{HERE}/sample-api/..",
    f"{HERE}/sample-api/..\\settings",
    f"{HERE}/sample-api/..%5csettings",
    f"{HERE}/sample-api/./x",
    f"{HERE}/sample-api//settings",
    f"{HERE}/sample-api/\tx",
    f"{HERE}/sample-api/%00",
    f"{HERE}//sample-api/v1",
    f"{HERE}/x/../sample-api/v1",
    f"{HERE}@evil.example/sample-api/v1",
    f"{HERE}.evil.example/sample-api/",
    f"{HERE}1/sample-api/",
    "http://127.0.0.1:8001/sample-api/v1/companies/a.b",
    "http://127.0.0.1/sample-api/v1/companies/a.b",
    "https://127.0.0.1:8000/sample-api/v1/companies/a.b",
    "http://localhost:8000/sample-api/v1/companies/a.b",
    "http://127.1:8000/sample-api/v1/companies/a.b",
    f"http://sam@127.0.0.1:8000/sample-api/v1?{HERE}/sample-api/",
]


@pytest.mark.parametrize("url", NOT_THE_SAMPLE)
def test_nothing_but_the_sample_passes_for_it(url: str) -> None:
    assert not addresses.is_sample(url)


@pytest.mark.parametrize("path", ["login", "v1/companies", "v1/companies/a.b?x=../y#z", "v1/companies/a%20b..c"])
def test_the_sample_itself_does(path: str) -> None:
    assert addresses.is_sample(f"{HERE}/sample-api/{path}".replace("%20", "-"))


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    out = Transport()

    async def sent(url: str) -> Response:
        return await client.send(out, Request("GET", url), timeout_ms=3000)

    yield sent
    await out.aclose()


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[list[str]]:
    """Notes the paths it is asked for, keeps its connections, and redirects `/sample-api/to?…` to what follows."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
                asked.append(path)
                _, is_redirect, target = path.partition("/sample-api/to?")
                head = f"HTTP/1.1 302 x\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
                writer.write(head.encode() if is_redirect else OK)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    running = await asyncio.start_server(answer, "127.0.0.1", 0)
    settings.SAMPLE_API_URL = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    yield asked
    running.close()
    running.close_clients()


async def test_an_open_connection_to_the_sample_carries_nothing_else(
    send: Send, server: list[str], settings: Settings
) -> None:
    assert (await send(f"{settings.SAMPLE_API_URL}/sample-api/v1/companies/a.b")).status == 200
    with pytest.raises(SendError) as caught:
        await send(f"{settings.SAMPLE_API_URL}/settings/members")
    assert caught.value.code == "refused_address"
    assert server == ["/sample-api/v1/companies/a.b"]


@pytest.mark.parametrize("target", ["/settings/members", "/sample-api/../settings", "//127.0.0.1:9/sample-api/v1", "/"])
async def test_a_redirect_from_the_sample_opens_nothing(
    target: str, send: Send, server: list[str], settings: Settings
) -> None:
    with pytest.raises(SendError) as caught:
        await send(f"{settings.SAMPLE_API_URL}/sample-api/to?{target}")
    assert caught.value.code == "refused_address"
    assert len(server) == 1


def test_the_sample_table_waits_to_be_run(workspace: Any, editor: Any) -> None:
    actor = Actor(editor, workspace, Role.EDITOR)
    table, again = sample_table.create(actor), sample_table.create(actor)
    assert Row.objects.filter(table=table).count() == table.row_count == 25
    names = [column.name for column in Column.objects.filter(table=table)]
    assert names == ["Company", "Domain", "Employees", "Company profile", "City", "CRM account"]
    assert Connection.objects.get(workspace=workspace).name == "Sample CRM"
    assert again.pk != table.pk
    assert not table.runs.exists()
    assert not any(http.config["auto_update"] for http in HttpColumn.objects.filter(column__table=table))


def test_where_there_is_no_sample_none_is_made(workspace: Any, editor: Any, settings: Settings) -> None:
    settings.SAMPLE_API_URL = ""
    with pytest.raises(Refused):
        sample_table.create(Actor(editor, workspace, Role.EDITOR))
