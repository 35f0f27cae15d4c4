"""What a line of the log looks like, and that every part of Marl writes such lines."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.logs import Json, Line
from tests.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[2]


def record(message: str = "put back", *arguments: object, error: Exception | None = None, **extra: Any) -> Any:
    raised = (type(error), error, None) if error else None
    made = logging.LogRecord("enrichment.worker.step", logging.INFO, __file__, 1, message, arguments, raised)
    vars(made).update(extra)
    return made


def as_json(*arguments: Any, **named: Any) -> dict[str, Any]:
    line = Json().format(record(*arguments, **named))
    assert "\n" not in line
    return dict(json.loads(line))


def test_a_readable_line_gives_the_fields_after_its_words() -> None:
    line = Line().format(record("put back, %s", "again", run=12, row=7, attempt=2, table=3, column=4))
    assert line.endswith(" INFO enrichment.worker.step put back, again run=12 table=3 column=4 row=7 attempt=2")


def test_a_readable_line_without_fields_is_as_it_was() -> None:
    assert Line().format(record()).endswith(" INFO enrichment.worker.step put back")


def test_a_json_line_is_one_object() -> None:
    line = as_json("put back\n%s", "“again”", run=12, row=7)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "logger": "enrichment.worker.step",
        "message": "put back\n“again”",
        "process": os.getpid(),
        "run": 12,
        "row": 7,
    }


def test_a_traceback_stays_in_its_line() -> None:
    line = as_json(error=ValueError("no\nnumber"))
    assert line["exception"] == "ValueError: no\nnumber"


def test_what_is_not_json_is_written_as_text() -> None:
    assert as_json(worker=Path("/a"))["worker"] == "/a"


@pytest.mark.parametrize("style", [Line, Json])
def test_no_part_of_an_address_that_may_hold_a_secret_is_written(style: type[logging.Formatter]) -> None:
    error = ValueError("https://api.example/v1?key=canary")
    words = "redis://user:canary@cache.example/0 and https://api.example/v1/a?b=canary&c=canary#d, said 'x'"
    line = style().format(record(words, error=error, request="/?token=canary", url="canary"))
    assert "canary" not in line
    assert "redis://…@cache.example/0 and https://api.example/v1/a?… said 'x'" in line
    assert "https://api.example/v1?…" in line


@pytest.fixture
def parts(tmp_path: Path, redis_server: None) -> dict[str, Path]:
    """The web, a worker and the scheduler with JSON lines; where each writes them."""
    from config import up

    listener = up.listen(free_port())
    port, fd = listener.getsockname()[1], listener.fileno()
    environment = os.environ | {
        "MARL_DATA_DIR": str(tmp_path),
        "MARL_LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "DATABASE_URL": "",
    }
    commands = {"web": up.web(fd), "worker": up.worker(), "scheduler": up.scheduler(tmp_path)}
    logs = {name: tmp_path / f"{name}.log" for name in commands}
    running = []
    for name, command in commands.items():
        with logs[name].open("wb") as log:
            running.append(
                subprocess.Popen(
                    command, pass_fds=(fd,), cwd=ROOT, env=environment, stderr=log, stdout=subprocess.DEVNULL
                )
            )
    listener.close()
    try:
        wait(lambda: httpx.get(f"http://127.0.0.1:{port}/api/v1/nowhere?key=canary").status_code == 404)
        wait(lambda: "ready" in logs["worker"].read_text() and "Starting" in logs["scheduler"].read_text())
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(30)
    return logs


def wait(ready: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("not ready in time")


def objects(log: Path) -> list[dict[str, Any]]:
    text = log.read_text()
    try:
        return [json.loads(line) for line in text.splitlines()]
    except json.JSONDecodeError:
        pytest.fail(f"Not one object a line in {log.name}:\n{text}")


def test_every_part_writes_one_object_a_line(parts: dict[str, Path]) -> None:
    lines = {name: objects(log) for name, log in parts.items()}
    assert "Not Found: /api/v1/nowhere" in [line["message"] for line in lines["web"]]
    assert "celery.apps.worker" in [line["logger"] for line in lines["worker"]]
    assert "celery.beat" in [line["logger"] for line in lines["scheduler"]]
    assert not any("canary" in log.read_text() for log in parts.values())


def test_what_ends_a_thread_or_the_process_is_logged_in_one_line() -> None:
    program = """
import threading, django
django.setup()
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise ValueError("no\\nnumber of https://api.example/v1?key=canary")
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "MARL_LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    thread, process = (json.loads(line) for line in done.stderr.splitlines())
    assert thread["message"] == "an error ended a thread"
    assert thread["exception"].endswith("ZeroDivisionError: division by zero")
    assert process["message"] == "an error ended the process"
    assert process["exception"].endswith("ValueError: no\nnumber of https://api.example/v1?…")


def test_the_settings_choose_the_look() -> None:
    program = "import django; django.setup(); import logging; logging.warning('here', extra={'run': 1})"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "MARL_LOG_FORMAT": ""}
    for look, line in (("", "WARNING root here run=1"), ("json", '"message": "here"')):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment | {"MARL_LOG_FORMAT": look},
            check=True,
            capture_output=True,
            text=True,
        )
        assert line in done.stderr
