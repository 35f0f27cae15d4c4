"""The containers' commands start and work together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from tests.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
on_servers = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL"), reason="runs where the tests are given PostgreSQL and Redis"
)


def test_every_service_that_serves_waits_for_what_it_needs() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "scheduler"}
    for name in ("web", "worker", "scheduler"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for name in ("postgres", "redis", "web"):
        assert services[name]["healthcheck"]["test"]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of its own on the given PostgreSQL, as a new deployment has it."""
    server = os.environ["DATABASE_URL"]
    name = f"marl_deployment_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield os.environ | {
        "DATABASE_URL": f"{server.rpartition('/')[0]}/{name}",
        "MARL_DATA_DIR": str(tmp_path),
        "MARL_SECRET_KEY": "a secret key that is long enough for this test",
        "MARL_ENCRYPTION_KEYS": "another key that is long enough",
    }
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def command(service: str, port: int = 0) -> list[str]:
    """As the container runs it, with this Python, and a port that is free."""
    parts = COMPOSE["services"][service]["command"]
    parts = [str(port) if part == "8000" else part for part in parts]
    return [sys.executable if part == "python" else part for part in parts]


@on_servers
def test_the_containers_commands_start_and_work_together(environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    subprocess.run(command("migrate"), cwd=ROOT, env=environment, check=True, capture_output=True)
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True, capture_output=True)
    logs = {name: (tmp_path / f"{name}.log").open("w+") for name in ("web", "worker", "scheduler")}
    parts = {
        name: subprocess.Popen(command(name, port), cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        for name, log in logs.items()
    }
    try:
        wait(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200, parts)
        token = subprocess.run(
            [sys.executable, "manage.py", "api_token", "--name", "test"],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1", headers={"Authorization": f"Bearer {token}"}
        ) as api:
            made = api.post("/imports", files={"file": ("a.csv", b"Name\nSam\n")}).json()
            wait(lambda: api.get(f"/imports/{made['id']}").json()["state"] == "done", parts)
    finally:
        for part in parts.values():
            part.send_signal(signal.SIGTERM)
        ended = [part.wait(20) for part in parts.values()]
        for log in logs.values():
            log.close()
    assert ended[0] in (0, -signal.SIGTERM)  # uvicorn ends in order, then by the signal itself
    assert ended[1:] == [0, 0]


def wait(ready: Any, parts: dict[str, subprocess.Popen[Any]], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert all(part.poll() is None for part in parts.values())
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("not ready in time")
