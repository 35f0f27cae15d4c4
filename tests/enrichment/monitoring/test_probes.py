"""What is told of the parts, where no worker runs; tests/e2e/test_system.py sees one that does."""

import errno
import os
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from enrichment.columns import http as http_columns
from enrichment.engine.sandbox import process as formula_process
from enrichment.models import Claim, Run, Runner, Worker
from enrichment.monitoring import metrics, probes
from enrichment.runs import lifecycle
from tables import catalog, dispatch, queues, rows
from tables.models import Column
from tests.servers.processes import free_port, wait_for
from workspaces import audit, unwritable
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "redis://127.0.0.1:1/0"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def column(workspace: Any, owner: Any) -> Column:
    table = catalog.create(Actor(owner, workspace, Role.OWNER), "Leads", [("Company", "text")])
    rows.append(table, [{"Company": "Northwind"}, {"Company": "Contoso"}])
    return http_columns.create(table, "Profile", {"url": "https://api.example/{{Company}}", "method": "GET"})


def test_a_missing_worker_is_told(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "down": ["worker"], "scheduler": False})


def test_a_missing_redis_is_told(client: Client) -> None:
    with override_settings(REDIS_URL=NOWHERE):
        assert client.get("/readyz").json()["down"] == ["redis", "worker"]
        assert probes.probe().down == ["redis", "worker"]


def test_a_database_without_its_tables_is_down(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO away")
    try:
        assert client.get("/readyz").json()["down"] == ["database", "worker"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO django_migrations")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of something that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def web_on(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Starts the web server with a database and a Redis at this port; its address."""
    from config import up

    started = []

    def start(port: int) -> str:
        own = free_port()
        environment = os.environ | {
            "MARL_DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"postgresql://marl@127.0.0.1:{port}/marl",
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        }
        with (tmp_path / "web.log").open("w") as log, up.listen(own) as listener:
            fd = listener.fileno()
            process = subprocess.Popen(
                up.web(fd), pass_fds=(fd,), cwd=ROOT, env=environment, stdout=log, stderr=log, text=True
            )
        started.append(process)
        wait_for(f"http://127.0.0.1:{own}/healthz", process)
        return f"http://127.0.0.1:{own}"

    yield start
    for process in started:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("how", ["closed", "silent"])
def test_without_database_and_redis_the_answers_are_quick_and_plain(
    web_on: Callable[[int], str], silent: int, how: str, tmp_path: Path
) -> None:
    address = web_on(silent if how == "silent" else 1)
    asked = time.monotonic()
    answer = httpx.get(f"{address}/readyz", cookies={"sessionid": "of somebody"})
    assert time.monotonic() - asked < 3
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "down": ["database", "redis", "worker"], "scheduler": False}
    told = httpx.get(f"{address}/metrics")
    assert told.status_code == 200
    assert 'marl_up{part="database"} 0.0' in told.text
    assert httpx.get(f"{address}/healthz").json() == {"ok": True}
    assert "Traceback" not in (tmp_path / "web.log").read_text()


def test_metrics_count_rows_and_runs_without_names(client: Client, column: Column) -> None:
    run = lifecycle.plan(column, "all")
    Run.objects.filter(pk=run.pk).update(done=1, state=Run.State.RUNNING)
    told = client.get("/metrics").content.decode()
    assert 'marl_runs{state="running"} 1.0' in told
    assert 'marl_rows_total{state="done"} 1.0' in told
    assert f'marl_run_rows{{column="{column.pk}",run="{run.pk}",state="pending"}} 1.0' in told
    assert 'marl_up{part="database"} 1.0' in told
    assert 'marl_up{part="worker"} 0.0' in told
    assert "Leads" not in told


def test_metrics_tell_what_is_in_flight(client: Client, column: Column) -> None:
    run = lifecycle.plan(column, "all")
    worker = Worker.objects.create()
    for ids in ([1, 2, 3], [4, 5]):
        Claim.objects.create(run=run, column_id=column.pk, worker_id=worker.pk, row_ids=ids)
    Runner.objects.filter(run=run).delete()
    for number, holder in enumerate((worker.pk, None, None)):
        Runner.objects.create(run=run, number=number, worker_id=holder)
    told = client.get("/metrics").content.decode()
    assert "marl_rows_in_flight 5.0" in told
    for name in ("marl_runners", "marl_lanes"):
        assert f'{name}{{state="busy"}} 1.0' in told
        assert f'{name}{{state="free"}} 2.0' in told
    assert "marl_sending_processes 1.0" in told


def test_attempts_are_counted_as_they_are_stored(client: Client) -> None:
    answered, silent = metrics.outcome({"status": 200}, None), metrics.outcome(None, {"code": "timeout"})
    metrics.count_attempts(Counter({answered: 3, silent: 1}))
    metrics.count_attempts(Counter({answered: 2}))
    told = client.get("/metrics").content.decode()
    assert 'marl_attempts_total{outcome="200"} 5.0' in told
    assert 'marl_attempts_total{outcome="timeout"} 1.0' in told


def test_attempts_are_not_counted_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    monkeypatch.setattr(metrics, "client", lambda: redis.Redis.from_url(NOWHERE))
    metrics.count_attempts(Counter({"200": 3}))


def test_every_metric_is_documented(client: Client, column: Column) -> None:
    run = lifecycle.plan(column, "all")
    Run.objects.filter(pk=run.pk).update(done=1, started_at=run.created_at)
    metrics.count_attempts(Counter({"200": 1}))
    told = set(re.findall(r"^marl_\w+", client.get("/metrics").content.decode(), re.MULTILINE))
    assert len(told) >= 16
    documented = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in told if f"`{name}" not in documented} == set()


def test_metrics_read_no_cells_rows_or_attempts(client: Client, column: Column) -> None:
    lifecycle.plan(column, "all")
    with CaptureQueriesContext(connection) as asked:
        client.get("/metrics")
    read = " ".join(query["sql"] for query in asked)
    assert "enrichment_run" in read
    assert not any(table in read for table in ("tables_cell", "tables_row", "enrichment_attempt"))


def test_metrics_end_where_the_database_went_away(client: Client, column: Column) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE enrichment_claim RENAME TO away")
    try:
        answer = client.get("/metrics")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO enrichment_claim")
    assert answer.status_code == 200
    assert "marl_runs{" in answer.content.decode()


def test_the_scheduler_is_known_by_what_it_asked_for(redis_server: None) -> None:
    assert not probes.probe().scheduler
    probes.note_scheduler()
    assert probes.probe().scheduler


def test_the_scheduler_is_late_when_it_was_not_heard_for_long(redis_server: None, client: Client) -> None:
    from tables.redis import client as redis

    redis().set(probes.SCHEDULER, redis().time()[0] - 60)
    assert not probes.probe().scheduler
    assert client.get("/readyz").json()["scheduler"] is False


def test_a_silent_scheduler_makes_nothing_unready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "_a_worker_answers", lambda: True)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "down": [], "scheduler": False})


def test_owners_see_the_parts_and_their_own_runs(
    client_for: Callable[[Any], Client], owner: Any, column: Column
) -> None:
    lifecycle.plan(column, "all")
    page = client_for(owner).get("/settings/system").content.decode()
    assert "No worker is running" in page
    assert "Leads</a> · Profile" in page


@pytest.mark.parametrize(
    ("unfiltered", "told"),
    [
        ("", "Confined by the kernel"),
        ("Marl knows none for Plan9", "no filter of system calls: Marl knows none for Plan9"),
    ],
)
def test_owners_see_what_confines_formulas(
    unfiltered: str, told: str, client_for: Callable[[Any], Client], owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formula_process, "unfiltered", lambda: unfiltered)
    assert told in client_for(owner).get("/settings/system").content.decode()


def test_owners_see_that_formulas_are_missing_or_busy(
    client_for: Callable[[Any], Client], owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise formula_process.SandboxMissing("Formulas need their scripts.")

    def busy() -> str:
        raise formula_process.SandboxBusy("All busy.")

    monkeypatch.setattr(formula_process, "unfiltered", missing)
    assert "Formulas need their scripts." in client_for(owner).get("/settings/system").content.decode()
    monkeypatch.setattr(formula_process, "unfiltered", busy)
    assert "their processes are busy" in client_for(owner).get("/settings/system").content.decode()


def test_nobody_else_sees_them(client_for: Callable[[Any], Client], editor: Any, outsider: Any, column: Column) -> None:
    lifecycle.plan(column, "all")
    assert client_for(editor).get("/settings/system").status_code == 403
    assert "Leads" not in client_for(outsider).get("/settings/system").content.decode()


def test_tasks_of_both_queues_wait() -> None:
    for queue in queues.NAMES:
        dispatch.send("nothing.takes.this", queue=queue)
    server = probes.probe().redis
    assert server
    assert server.waiting == 2


def test_a_full_disk_is_told_in_words(client: Client, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwritable, "of_data_folder", lambda: unwritable.FULL)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["down"], answer.json()["problems"]) == (["data folder", "worker"], [unwritable.FULL])
    client.force_login(owner)
    assert "The disk is full" in client.get("/settings/system").content.decode()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no copies that only read")
def test_a_database_that_only_reads_is_told_in_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    read_only = "-c default_transaction_read_only=on"
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", read_only)  # of connections from now on
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["down"], answer.json()["problems"]) == (
        ["database", "worker"],
        [unwritable.DATABASE_READ_ONLY],
    )


@pytest.mark.parametrize("address", ["/sign-in", "/api/v1/me"])
def test_who_cannot_be_served_on_a_full_disk_reads_why(
    client: Client, owner: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    client.force_login(owner)
    client.raise_request_exception = False
    monkeypatch.setattr(audit, "clear_actor", refuse)
    answer = client.get(address)
    assert answer.status_code == 503
    assert "The disk is full" in answer.content.decode()
