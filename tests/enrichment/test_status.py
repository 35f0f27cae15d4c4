"""What is told of the parts, where no worker runs; tests/e2e/test_system.py sees one that does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.test.utils import override_settings

from enrichment import columns, runs, status
from enrichment.models import Run
from tables import rows, tables
from tables.models import Column
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def column(workspace: Any, owner: Any) -> Column:
    table = tables.create(Actor(owner, workspace, Role.OWNER), "Leads", [("Company", "text")])
    rows.append(table, [{"Company": "Northwind"}, {"Company": "Contoso"}])
    return columns.create(table, "Profile", {"url": "https://api.example/{{Company}}", "method": "GET"})


def test_a_missing_worker_is_told(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "down": ["worker"]})


def test_a_missing_redis_is_told(client: Client) -> None:
    with override_settings(REDIS_URL=NOWHERE):
        assert client.get("/readyz").json()["down"] == ["redis", "worker"]
        assert status.look().down == ["redis", "worker"]


def test_metrics_count_rows_and_runs_without_names(client: Client, column: Column) -> None:
    run = runs.plan(column, "all")
    Run.objects.filter(pk=run.pk).update(done=1, state=Run.State.RUNNING)
    told = client.get("/metrics").content.decode()
    assert 'marl_runs{state="running"} 1.0' in told
    assert 'marl_rows_total{state="done"} 1.0' in told
    assert f'marl_run_rows{{column="{column.pk}",run="{run.pk}",state="pending"}} 1.0' in told
    assert 'marl_up{part="database"} 1.0' in told
    assert 'marl_up{part="worker"} 0.0' in told
    assert "Leads" not in told


def test_the_scheduler_is_known_by_what_it_asked_for(redis_server: None) -> None:
    assert not status.look().scheduler
    status.heard_from_scheduler()
    assert status.look().scheduler


def test_owners_see_the_parts_and_their_own_runs(
    client_for: Callable[[Any], Client], owner: Any, column: Column
) -> None:
    runs.plan(column, "all")
    page = client_for(owner).get("/settings/system").content.decode()
    assert "No worker answers" in page
    assert "Leads</a> · Profile" in page


def test_nobody_else_sees_them(client_for: Callable[[Any], Client], editor: Any, outsider: Any, column: Column) -> None:
    runs.plan(column, "all")
    assert client_for(editor).get("/settings/system").status_code == 403
    assert "Leads" not in client_for(outsider).get("/settings/system").content.decode()
