"""A column as a file: made here, used there, and never with a secret in it."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import recipe_export, recipe_import, recipes
from enrichment.columns.recipe_import import Choices
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Connection
from tables import catalog
from tables.models import Column, Table
from tests.enrichment.api.test_api import Caller
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = 'canary "s3cret" 0815'
LITERAL = "literal-canary-4711"


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])


@pytest.fixture
def crm(actor: Actor) -> Connection:
    request = {
        "method": "POST",
        "url": f"http://127.0.0.1:9/login?api_key={LITERAL}&lang=en",
        "headers": [{"name": "X-Api-Key", "value": LITERAL}, {"name": "X-Note", "value": f"was {CANARY}"}],
        "body": '{"user": "{{secret.user}}", "password": "{{secret.password}}", "client_secret": "' + LITERAL + '"}',
    }
    config = {"auth_request": request, "token_path": "data.token", "allowed_hosts": ["127.0.0.1"]}
    secrets = {"user": "sam", "password": CANARY}
    return connection_settings.create(actor, name="CRM", kind="jwt", config=config, secrets=secrets)


@pytest.fixture
def profile(http: Callable[..., Column], crm: Connection) -> Column:
    return http(
        connection_id=crm.pk,
        body='{"name": "{{Company}}", "token": "' + LITERAL + '"}',
        run_if="{{Size}} > 5",
        headers=[{"name": "Authorization", "value": LITERAL}, {"name": "X-Key", "value": "{{Size}}"}],
        query=[{"name": "key", "value": LITERAL}, {"name": "fields", "value": "all"}],
        required=["Company"],
    )


@pytest.fixture
def other(actor: Actor) -> Table:
    return catalog.create(actor, "Others", [("Firm", "text"), ("Size", "number")])


def test_no_secret_and_no_id_is_in_a_recipe(profile: Column, crm: Connection) -> None:
    recipe = recipe_export.export(profile)
    text = json.dumps(recipe, ensure_ascii=False)
    assert LITERAL not in text
    for form in (CANARY, "s3cret", base64.b64encode(CANARY.encode()).decode()):
        assert form not in text
    assert crm.secrets not in text
    assert (recipe["config"]["method"], recipe["config"]["auto_update"]) == (
        "POST",
        False,
    )  # said, not left to defaults
    assert recipe["connection"]["secrets"] == ["password", "user"]
    assert recipe["config"]["headers"] == [
        {"name": "Authorization", "value": ""},
        {"name": "X-Key", "value": "{{Size}}"},
    ]
    assert json.loads(recipe["config"]["body"]) == {"name": "{{Company}}", "token": ""}
    assert "{{secret.password}}" in recipe["connection"]["config"]["auth_request"]["body"]
    assert recipe["columns"] == ["Company", "Size"]
    assert "connection_id" not in recipe["config"]
    assert "@" not in text


def test_it_comes_back_with_the_columns_that_were_chosen(
    call: Caller, profile: Column, other: Table, workspace: Workspace
) -> None:
    status, recipe = call("GET", f"/columns/{profile.pk}/recipe")
    assert status == 200
    status, needs = call("POST", f"/tables/{other.pk}/columns/import", {"recipe": recipe, "dry_run": True})
    assert needs["columns"] == [{"name": "Company", "column": None}, {"name": "Size", "column": "Size"}]
    assert needs["connection"]["secrets"] == ["password", "user"]
    assert [choice["name"] for choice in needs["connection"]["choices"]] == ["CRM"]
    status, told = call("POST", f"/tables/{other.pk}/columns/import", {"recipe": recipe})
    assert (status, told["error"]["details"][0]["reference"]) == (422, "Company")
    gone = {"recipe": recipe, "columns": {"Company": "Deleted meanwhile"}}
    status, told = call("POST", f"/tables/{other.pk}/columns/import", gone)
    assert (status, "“Deleted meanwhile”" in told["error"]["message"]) == (422, True)
    assert Column.objects.filter(table=other).count() == 2
    given = {"recipe": recipe, "columns": {"Company": "Firm"}, "secrets": {"user": "kim", "password": "other one"}}
    status, made = call("POST", f"/tables/{other.pk}/columns/import", given)
    assert (status, made["name"]) == (201, "Profile")
    config = made["config"]
    assert json.loads(config["body"])["name"] == "{{Firm}}"
    assert config["run_if"] == "{{Size}} > 5"
    connection = Connection.objects.get(pk=config["connection_id"])
    assert (connection.name, connection_settings.opened(connection)["user"]) == ("CRM 2", "kim")


def test_formulas_and_fields_travel_too(leads: Table, actor: Actor, http: Callable[..., Column], other: Table) -> None:
    http()
    field = column_lifecycle.create(
        leads, "City", "extract", {"source": "Profile", "path": "city", "default": "{{Company}}"}
    )
    formula = column_lifecycle.create(
        leads, "Twice", "formula", {"formula": '{{Profile.data["a"]}} + ({{Company}} || "token: x")'}
    )
    for column in (field, formula):
        recipe = recipes.read(recipe_export.export(column))
        made = recipe_import.create(actor, other, recipe, Choices({"Profile": "Size", "Company": "Firm"}))
        shown = json.dumps(column_lifecycle.shown(made))
        assert "Firm" in shown
        assert "Company" not in shown
    assert column_lifecycle.shown(made)["formula"] == '{{Size.data["a"]}} + ({{Firm}} || "token: x")'


def recipe_with(**changes: Any) -> dict[str, Any]:
    base = {"marl": "column", "version": 1, "name": "X", "type": "formula", "config": {"formula": "1"}}
    return base | changes


HOSTILE: list[Any] = [
    None,
    1,
    "x",
    [],
    [{"marl": "column"}],
    {},
    {"marl": "table"},
    recipe_with(version=2),
    recipe_with(type="text"),
    recipe_with(config=[]),
    recipe_with(id=4),
    recipe_with(name=""),
    recipe_with(name="x" * 300),
    recipe_with(columns=["a"] * 600),
    recipe_with(config={"formula": "x" * 300_000}),
    recipe_with(connection={"name": "a", "kind": "shell"}),
    recipe_with(connection={"name": "a", "kind": "jwt", "id": 1}),
    recipe_with(connection={"name": "a", "kind": "jwt", "secrets": [{"a": 1}]}),
]


@pytest.mark.parametrize("given", HOSTILE)
def test_what_is_no_recipe_is_told(given: object, call: Caller, other: Table) -> None:
    status, told = call("POST", f"/tables/{other.pk}/columns/import", {"recipe": given, "dry_run": True})
    assert status == 422
    assert told["error"]["message"]


HOSTILE_SETTINGS: list[dict[str, Any]] = [
    {"url": 5},
    {"nothing": 1},
    {"required": [{"a": 1}]},
    {"url": "https://a.example", "required": 5},
    {"url": "https://a.example", "required": "Firm"},
    {"headers": "x"},
    {"connection_id": 1, "url": "{{@1}}"},
    {"url": "https://a.example/{{secret.password}}"},
    {"body": "{{@1.name}}", "url": "https://a.example"},
]


@pytest.mark.parametrize("config", HOSTILE_SETTINGS)
def test_settings_are_checked_as_if_they_were_typed(config: dict[str, Any], call: Caller, other: Table) -> None:
    given = {"recipe": recipe_with(type="http", config=config)}
    assert call("POST", f"/tables/{other.pk}/columns/import", given)[0] == 422
    assert Column.objects.filter(table=other).count() == 2


def test_a_recipe_names_no_connection_of_its_own_choice(
    call: Caller, other: Table, crm: Connection, outsider: User
) -> None:
    """Whoever imports says who signs in, out of their own workspace; hosts that may receive secrets do not travel."""
    given = {"recipe": recipe_with(type="http", config={"url": "http://127.0.0.1:9/a", "connection_id": crm.pk})}
    assert call("POST", f"/tables/{other.pk}/columns/import", given)[1]["config"]["connection_id"] is None
    theirs = Connection.objects.create(workspace=outsider.memberships.get().workspace, name="Theirs", kind="bearer")
    assert call("POST", f"/tables/{other.pk}/columns/import", given | {"connection_id": theirs.pk})[0] == 422
    wanted = {"name": "New", "kind": "bearer", "config": {"allowed_hosts": ["evil.example"]}, "secrets": ["token"]}
    hostile = recipe_with(type="http", config={"url": "https://evil.example/a"}, connection=wanted)
    status, told = call(
        "POST", f"/tables/{other.pk}/columns/import", {"recipe": hostile, "secrets": {"token": "abcdef"}}
    )
    assert (status, told["error"]["details"][0]["field"]) == (422, "confirm_host")
    assert not Connection.objects.filter(name="New").exists()


def test_a_plain_column_has_none(call: Caller, other: Table) -> None:
    column = Column.objects.filter(table=other).first()
    assert column is not None
    with pytest.raises(InvalidSettings):
        recipe_export.export(column)
    assert call("GET", f"/columns/{column.pk}/recipe")[0] == 422


REFRESH = {
    "request": {"url": "https://crm.example/refresh", "body": '{"refresh": "{{token.refresh}}"}'},
    "token_path": "",
    "refresh_path": "refresh",
}
PAIR = [{"name": "X-Api-Key", "value": "{{secret.key}}"}]
SIGN_IN = {"url": "https://crm.example/login", "body": '{"key": "{{secret.key}}"}'}


@pytest.mark.parametrize(
    ("kind", "config", "secrets", "url"),
    [
        ("headers", {"headers": PAIR, "query": [{"name": "team", "value": "growth"}]}, {"key": CANARY}, ""),
        ("digest", {}, {"username": "sam", "password": CANARY}, ""),
        (
            "jwt",
            {"auth_request": SIGN_IN, "token_path": "cookie:sid", "refresh": REFRESH},
            {"key": CANARY},
            "https://crm.example/login, https://crm.example/refresh",
        ),
    ],
)
def test_a_connection_of_a_recipe_is_made_anew_with_other_secrets(
    kind: str,
    config: dict[str, Any],
    secrets: dict[str, str],
    url: str,
    http: Callable[..., Column],
    other: Table,
    actor: Actor,
) -> None:
    made = connection_settings.create(actor, name="One", kind=kind, config=config, secrets=secrets)
    content = recipe_export.export(http(connection_id=made.pk, confirm_host="api.example", url="https://api.example/"))
    assert CANARY not in json.dumps(content)
    recipe = recipes.read(content)
    assert recipe.connection
    assert recipe.connection.url == url
    given = Choices(columns={"Company": "Firm"}, secrets=dict.fromkeys(secrets, "theirs"), confirm_host="api.example")
    column = recipe_import.create(actor, other, recipe, given)
    imported = column.http.connection
    assert imported
    assert {key: imported.config[key] for key in config} == {key: made.config[key] for key in config}
    assert connection_settings.opened(imported) == dict.fromkeys(secrets, "theirs")
