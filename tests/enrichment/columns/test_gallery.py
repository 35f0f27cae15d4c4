"""Each recipe of the gallery against a server that behaves as the API's documentation says."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.utils import timezone

from enrichment.columns import gallery, recipe_import
from enrichment.columns.recipe_import import Choices
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings
from enrichment.http_client import event_loop
from enrichment.models import Connection, Runner
from enrichment.runs import lifecycle
from enrichment.worker import step
from tables import catalog, rows
from tables.models import Cell, Table
from tests.enrichment.api.test_api import Caller
from tests.servers import public_apis
from tests.servers.public_apis import TOKEN, PublicApis
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

AIRTABLE = {"base": "appLkNDICXNqxSDhG", "table": "tblltp5DTSqiHZEcx"}
SALESFORCE = {"domain": "acme", "client": "3MVG9.client_1", "user": "sam@acme.example"}
GONG = {"username": "access", "password": "secret"}
BEARER = {"token": TOKEN}


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> str:
    private = serialization.PrivateFormat.PKCS8
    return key().private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


class _ToLoopback(httpx.AsyncBaseTransport):
    """Brings every request to one port of this machine, and leaves it as it is otherwise."""

    def __init__(self, transport: httpx.AsyncBaseTransport, port: int) -> None:
        self.transport = transport
        self.port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        headers = [*request.headers.multi_items(), ("X-Forwarded-Host", request.url.host)]
        here = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)
        return await self.transport.handle_async_request(here)


@pytest.fixture
def apis(monkeypatch: pytest.MonkeyPatch) -> Iterator[PublicApis]:
    with public_apis.serving() as (served, port):
        served.salesforce_key = key().public_key()
        real = event_loop.transport
        monkeypatch.setattr(event_loop, "transport", lambda: _ToLoopback(real(), port))
        yield served


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def people(actor: Actor) -> Table:
    names = ["Call", "Record", "View", "Invoice", "E-mail", "First", "Last", "Site", "Firm", "Account", "Login"]
    table = catalog.create(actor, "People", [(name, "text") for name in names])
    known = ["7782342274025937895", "rec1", "All people", "in_1", "sam@acme.example", "Sam", "Doe", "acme.example"]
    unknown = ["12", "rec9", "None", "in_9", "nobody@acme.example", "No", "Body", "acme.example"]
    for values in ([*known, "Acme", "001D000000INjVe", "octocat"], [*unknown, "Acme", "001D9", "nobody-is-called-so"]):
        rows.append(table, [dict(zip(names, values, strict=True))])
    return table


COLUMNS = {
    "Call ID": "Call",
    "Record ID": "Record",
    "Invoice ID": "Invoice",
    "Email": "E-mail",
    "Name": "First",
    "First name": "First",
    "Last name": "Last",
    "Domain": "Site",
    "Company": "Firm",
    "Account ID": "Account",
}


def results(
    actor: Actor, table: Table, id_: str, secrets: Mapping[str, str], answers: Mapping[str, str] = {}
) -> list[Cell]:
    """Makes the column, asks for both rows, and lets the time pass for which they wait."""
    choices = Choices(COLUMNS, secrets=secrets, answers=answers, of_gallery=True)
    column = recipe_import.create(actor, table, gallery.get(id_), choices)
    run = lifecycle.plan(column, "all")
    while run.state in ("planning", "running"):
        Cell.objects.filter(run_id=run.pk, due_at__isnull=False).update(due_at=timezone.now())
        Runner.objects.update(token="")
        step.advance(run.pk, "")
        run.refresh_from_db()
    return list(Cell.objects.filter(column=column).order_by("row__sort_key"))


FOUND: list[tuple[str, dict[str, str], dict[str, str], Callable[[Any], Any], Any, str]] = [
    ("gong-transcripts", GONG, {"site": "us-12345"}, lambda value: [
        call["transcript"][0]["sentences"][0]["text"] for call in value["callTranscripts"]
    ], ["Part 0", "Part 1"], "404 · No calls found corresponding to the provided filters"),
    ("airtable-record", BEARER, AIRTABLE, lambda value: value["fields"]["Name"], "Name of rec1", "404 · NOT_FOUND"),
    ("airtable-records", BEARER, AIRTABLE, lambda value: [each["id"] for each in value["records"]], ["rec1", "rec2"],
     "422 · View not found"),
    ("stripe-invoice", BEARER, {}, lambda value: value["status"], "paid", "404 · No such invoice: 'in_9'"),
    ("apollo-person", {"key": TOKEN}, {}, lambda value: value["person"]["title"], "CFO", ""),
    ("apollo-people", {"key": TOKEN}, {}, lambda value: value["title"], "CFO", ""),
    ("hubspot-contact", BEARER, {}, lambda value: value["properties"]["company"], "of Sam", "404 · resource not found"),
    ("salesforce-account", {"key": "PEM"}, SALESFORCE, lambda value: value["Industry"], "Banking",
     "404 · The requested resource does not exist"),
    ("github-repositories", BEARER, {}, lambda value: [each["name"] for each in value], ["Hello-World", "Spoon-Knife"],
     "404 · Not Found"),
    ("github-graphql", BEARER, {}, lambda value: value["data"]["user"]["name"], "The Octocat",
     "Could not resolve to a User with the login of 'nobody-is-called-so'."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("id_", "secrets", "answers", "read", "value", "refusal"), FOUND, ids=[each[0] for each in FOUND]
)
def test_a_recipe_works_as_its_api_is_documented(
    id_: str,
    secrets: dict[str, str],
    answers: dict[str, str],
    read: Callable[[Any], Any],
    value: Any,
    refusal: str,
    actor: Actor,
    people: Table,
    apis: PublicApis,
) -> None:
    given = {name: pem() if text == "PEM" else text for name, text in secrets.items()}
    known, unknown = results(actor, people, id_, given, answers)
    assert (known.state, known.error_message) == ("done", "")
    assert read(known.value) == value
    assert (unknown.state, unknown.error_message) == (("failed", unknown.error_message) if refusal else ("no_data", ""))
    assert refusal in unknown.error_message


def test_customers_are_made_by_a_form_with_a_key_each(actor: Actor, people: Table, apis: PublicApis) -> None:
    cells = results(actor, people, "stripe-customer", BEARER)
    assert {cell.value and cell.value["id"] for cell in cells} == {"cus_1", "cus_2"}
    assert next(iter(apis.customers.values())) == {"email": "sam@acme.example", "name": "Sam"}


def test_a_result_that_comes_later_is_asked_for(actor: Actor, people: Table, apis: PublicApis) -> None:
    cells = results(actor, people, "dropcontact-person", {"key": TOKEN})
    assert [cell.state for cell in cells] == ["done", "done"]
    assert cells[0].value
    assert cells[0].value["data"][0]["email"][0]["email"] == "sam@acme.example"
    assert sum(method == "POST" for method, *_ in apis.asked) == 2


def test_people_are_asked_for_together(actor: Actor, people: Table, apis: PublicApis) -> None:
    results(actor, people, "apollo-people", {"key": TOKEN})
    assert apis.asked == [("POST", "api.apollo.io", "/api/v1/people/bulk_match")]


def test_every_recipe_is_tested_here_and_has_its_documentation() -> None:
    entries, problems = gallery.entries()
    tested = {each[0] for each in FOUND} | {"stripe-customer", "dropcontact-person"}
    assert ({entry.id for entry in entries}, problems) == (tested, [])
    assert all(str(entry.about.page).startswith("https://") for entry in entries)
    assert [entry.about.service for entry in entries] == sorted(entry.about.service for entry in entries)


def test_what_is_asked_for_is_checked_before_anything_is_made(actor: Actor, people: Table) -> None:
    choices = Choices(COLUMNS, secrets=BEARER, answers={"base": "app1/../x", "table": ""}, of_gallery=True)
    with pytest.raises(InvalidSettings) as refused:
        recipe_import.create(actor, people, gallery.get("airtable-record"), choices)
    assert [(problem.field, problem.message) for problem in refused.value.problems] == [
        ("answers.base", "Enter “Base ID”, such as appLkNDICXNqxSDhG."),
        ("answers.table", "Enter “Table ID”, such as tblltp5DTSqiHZEcx."),
    ]
    assert not Connection.objects.exists()


def test_only_a_new_connection_may_send_its_secrets_to_the_host_of_a_recipe(actor: Actor, people: Table) -> None:
    other = connection_settings.create(actor, name="Other", kind="bearer", config={}, secrets=BEARER)
    choices = Choices(COLUMNS, connection_id=other.pk, of_gallery=True)
    with pytest.raises(InvalidSettings, match=r"hasn't sent its credentials to api\.stripe\.com before"):
        recipe_import.create(actor, people, gallery.get("stripe-invoice"), choices)
    column = recipe_import.create(
        actor, people, gallery.get("stripe-invoice"), Choices(COLUMNS, secrets=BEARER, of_gallery=True)
    )
    made = Connection.objects.get(columns__column=column)
    assert connection_settings.allowed_hosts(made) == {"api.stripe.com"}


def test_a_folder_of_this_server_adds_recipes_and_a_damaged_one_is_named(
    tmp_path: Path, settings: LazySettings, people: Table, workspace: Workspace, editor: User
) -> None:
    settings.RECIPES_DIR = str(tmp_path)
    ours = {"marl": "column", "version": 1, "name": "Our CRM", "type": "http", "config": {"url": "https://crm.example"}}
    (tmp_path / "our-crm.json").write_text(json.dumps(ours))
    (tmp_path / "broken.json").write_text('{"marl": "column",')
    call = Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])
    status, told = call("GET", "/recipes")
    assert status == 200
    assert {"our-crm", "stripe-invoice"} < {item["id"] for item in told["items"]}
    assert len(told["problems"]) == 1
    assert "“broken.json”" in told["problems"][0]
    status, made = call("POST", f"/tables/{people.pk}/columns/import", {"recipe": "our-crm"})
    assert (status, made["name"]) == (201, "Our CRM")
    status, told = call("POST", f"/tables/{people.pk}/columns/import", {"recipe": "../settings"})
    assert (status, told["error"]["details"][0]["message"]) == (422, "There is no recipe “../settings” in the gallery.")
