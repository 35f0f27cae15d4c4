"""The settings of HTTP columns: what is checked, and when something is written."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.test.utils import CaptureQueriesContext

from enrichment import graph
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Connection
from tables.models import Column, Table
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def directory(workspace: Workspace, editor: User) -> Connection:
    """A connection that may send its key nowhere yet."""
    return connection_settings.create(
        Actor(editor, workspace, Role.EDITOR), name="Directory", kind="bearer", config={}, secrets={"token": "k3y"}
    )


def hosts(connection: Connection) -> list[str]:
    connection.refresh_from_db()
    return sorted(connection_settings.allowed_hosts(connection))


def settings(directory: Connection, **config: Any) -> dict[str, Any]:
    return {"url": "https://api.example/{{Company}}", "connection_id": directory.pk} | config


def test_a_host_is_allowed_once_the_settings_that_name_it_are_saved(leads: Table, directory: Connection) -> None:
    with pytest.raises(InvalidSettings) as caught:
        http_columns.create(leads, "Profile", settings(directory))
    [question] = caught.value.problems
    assert (question.field, question.reference) == ("confirm_host", "api.example")
    with pytest.raises(InvalidSettings):
        http_columns.create(leads, "Profile", settings(directory, confirm_host="api.example", timeout_ms=1))
    assert hosts(directory) == []
    http_columns.create(leads, "Profile", settings(directory, confirm_host="API.example"))
    assert hosts(directory) == ["api.example"]


def test_a_draft_is_compiled_and_nothing_is_written(leads: Table, directory: Connection) -> None:
    with CaptureQueriesContext(connection) as queries:
        draft = http_columns.draft(Column(table=leads), settings(directory, confirm_host="api.example"))
    assert draft.compiled.request.url.fixed_host == "api.example"
    assert draft.connection == directory
    assert queries.captured_queries
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
    assert hosts(directory) == []


def test_every_problem_is_told_once_and_at_its_field(leads: Table) -> None:
    config = {
        "url": "https://api.example/{{Nope}}",
        "query": [{"name": "q", "value": "{{Nope}}"}],
        "run_if": "{{Nope}} > 1",
        "success_if": "{{Company}} > 1",
        "field_paths": ["a..b"],
        "required": ["Company", "Nope"],
        "connection_id": 7,
    }
    with pytest.raises(InvalidSettings) as caught:
        http_columns.create(leads, "Profile", config)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["url", "query.0.value", "run_if", "success_if", "field_paths.0", "required.1", "connection_id"]
    assert not Column.objects.filter(name="Profile").exists()


def test_required_columns_keep_their_order_and_follow_their_names(leads: Table, http: Callable[..., Column]) -> None:
    column = http(required=["Size", "Company"])
    size = Column.objects.get(name="Size")
    lifecycle.change(size, name="Employees")
    assert http_columns.shown(column)["required"] == ["Employees", "Company"]
    lifecycle.delete(size, force=True)
    with pytest.raises(InvalidSettings, match="The column “Employees” was deleted"):
        http_columns.draft(column)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway")
def test_while_settings_are_saved_nobody_else_can_close_a_cycle(
    leads: Table, http: Callable[..., Column], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = http("First")

    def is_held() -> bool:
        try:
            Table.objects.select_for_update(nowait=True).get(pk=leads.pk)
        except DatabaseError:
            return True
        finally:
            connections.close_all()
        return False

    held = []
    refuse_cycle = graph.refuse_cycle

    def look(column: Column, needed: Any) -> None:
        with ThreadPoolExecutor(1) as executor:
            held.append(executor.submit(is_held).result())
        refuse_cycle(column, needed)

    monkeypatch.setattr(graph, "refuse_cycle", look)
    http_columns.save(first, {"timeout_ms": 5000})
    assert held == [True]


def test_a_new_column_requires_what_its_address_needs_unless_it_says_otherwise(leads: Table) -> None:
    url = "https://api.example/{{Company}}?size={{Size}}"
    assert http_columns.shown(http_columns.create(leads, "A", {"url": url}))["required"] == ["Company"]
    column = http_columns.create(leads, "B", {"url": url, "required": []})
    assert http_columns.shown(column)["required"] == []
    http_columns.save(column, {"url": url + "&x=1"})
    assert http_columns.shown(column)["required"] == []
    http_columns.save(column, {"required": None})
    assert http_columns.shown(column)["required"] == ["Company"]
