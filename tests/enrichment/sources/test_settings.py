"""The settings of sources: what is wrong is told where it is, and before anything is stored."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Source
from enrichment.sources import settings
from tables import columns as table_columns
from tables.models import Column, Table
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"url": "https://api.example/{{Company}}"}, "url", "A source makes rows and has none to take “Company” from."),
        ({"query": [{"name": "q", "value": "{{@1}}"}]}, "query.0.value", "has none to take “@1” from"),
        ({"headers": [{"name": "X", "value": "{{cursor}}"}], "pages": None}, "headers.0.value", "“cursor”"),
        ({"url": "https://api.example/{{secret.key}}"}, "url", "Secrets can only be used in a connection."),
        ({"url": ""}, "url", ""),
        ({"items": "data[*]"}, "items", "The list has one place"),
        ({"items": "data..x"}, "items", "The path can't be read"),
        ({"pages": {"by": "cursor"}}, "pages.next", "Say where an answer names the next page"),
        ({"run_if": "{{x}}"}, "run_if", "A source has no such setting."),
        ({"timeout_ms": 1}, "timeout_ms", "Enter 100 or more."),
        ({"connection_id": 999_999}, "connection_id", "This connection doesn't exist."),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused(source: Any, wrong: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        source(config=wrong)
    assert any(problem.field == field and words in problem.message for problem in caught.value.problems)
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"columns": [{"path": "name", "column": "City"}], "key": []}, "columns.0.column", "There is no column “City”"),
        ({"key": ["Domain"]}, "key", "No field goes into “Domain”"),
        ({"key": [], "on_match": "update"}, "key", "Choose the column by which rows match"),
        ({"on_match": "drop"}, "on_match", "Rows that match are either of"),
        ({"schedule": {"every": "year"}}, "schedule.every", "Choose one of"),
        ({"schedule": {"every": "day", "rows": "all"}}, "schedule.rows", "This setting doesn't exist."),
    ],
)
def test_rows_that_have_no_place_are_refused(source: Any, wrong: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        source(**wrong)
    assert any(problem.field == field and words in problem.message for problem in caught.value.problems)
    assert not Source.objects.exists()


def test_new_columns_are_made_with_the_source_and_settings_follow_their_names(source: Any, leads: Table) -> None:
    columns = [{"path": "name", "column": "Company"}, {"path": "city", "column": "City", "type": "text"}]
    made = source(columns=columns, key=["City"])
    city = Column.objects.get(table=leads, name="City")
    table_columns.rename(city, "Town")
    shown = settings.shown(Source.objects.get(pk=made.pk))
    assert (shown["columns"][1], shown["key"]) == ({"path": "city", "column": "Town"}, ["Town"])
    assert shown["config"]["items"] == shown["config"]["pages"]["items"] == "data.items"


def test_credentials_go_to_a_host_only_when_somebody_said_so(
    source: Any, given: Callable[..., dict[str, Any]], workspace: Workspace, editor: User
) -> None:
    actor = Actor(editor, workspace, Role.EDITOR)
    bearer = connection_settings.create(actor, name="CRM", kind="bearer", config={}, secrets={"token": "s3cret-token"})
    with pytest.raises(InvalidSettings) as caught:
        source(config={"connection_id": bearer.pk})
    [problem] = caught.value.problems
    assert (problem.field, problem.reference) == ("confirm_host", "127.0.0.1")
    made = source(config={"connection_id": bearer.pk, "confirm_host": "127.0.0.1"})
    with pytest.raises(Refused, match="“CRM” is used by “CRM accounts” in Leads"):
        connection_settings.delete(bearer)
    settings.delete(made)
    connection_settings.delete(bearer)
