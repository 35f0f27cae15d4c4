"""What becomes of runs and files when nothing can be written: it is said in words, and goes on when it can be again."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults import disks
from tests.faults.app import Marl
from tests.faults.parts import Part, let_pass, wait_until
from tests.faults.sheets import KEYED, SAFE, UNSAFE, Sheet, faulted, settle_all, start_all

pytestmark = pytest.mark.faults
FULL = "The disk is full: Marl can't store anything until some space is free."
READ_ONLY = "The data folder is read-only: Marl can't store anything until it can write there again."
on_sqlite = pytest.mark.skipif("DATABASE_URL" in os.environ, reason="PostgreSQL's files are elsewhere")


@pytest.fixture
def sheets(sheet: Callable[..., Sheet]) -> Sequence[Sheet]:
    """Of safe requests, of unsafe ones, and of ones with an idempotency key."""
    return [sheet(config, rows=300) for config in (SAFE, UNSAFE, KEYED)]


@contextmanager
def full_disk(marl: Marl) -> Iterator[None]:
    with disks.full([marl.web, marl.scheduler, *marl.workers]):
        marl.stop_redis_writing()
        try:
            yield
        finally:
            marl.stop_redis_writing(stopped=False)


def ready(marl: Marl) -> dict[str, Any]:
    return dict(httpx.get(f"http://127.0.0.1:{marl.port}/readyz", timeout=10, trust_env=False).json())


def upload(marl: Marl, rows: int) -> httpx.Response:
    file = b"A,B\n" + b"".join(b"%d,some text that takes space\n" % number for number in range(rows))
    return marl.api.post("/imports", files={"file": ("many.csv", file)})


def words(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["message"])


def assert_refused(marl: Marl, reason: str) -> None:
    """Asserts that the app says why it stores nothing, and keeps nothing of what is uploaded."""
    before = uploads(marl)
    told = ready(marl)
    assert "data folder" in told["down"]
    assert told["problems"][0].startswith(reason)
    refused = upload(marl, 1000)
    assert refused.status_code == 503
    assert words(refused).startswith(reason)
    assert uploads(marl) == before


def add_table(marl: Marl) -> httpx.Response:
    return marl.api.post("/tables", json={"name": "Other", "columns": [{"name": "Key", "type": "text"}]})


def uploads(marl: Marl) -> set[str]:
    folder = marl.folder / "uploads"
    return set(os.listdir(folder)) if folder.exists() else set()


def test_the_disk_is_full(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """the disk full for 4 s: nothing of Marl's grows, and Redis takes nothing"""
    start_all(sheets, 60)
    with full_disk(marl):
        faulted(sheets)
        assert_refused(marl, FULL)
        if marl.database.name == "SQLite":
            assert words(add_table(marl)).startswith(FULL)
        assert all(each.run()["state"] == "running" for each in sheets)
        let_pass(4)
        assert all(part.runs for part in marl.parts)
    settle_all(sheets)
    for each in sheets:
        assert each.states() == {"done": each.rows}
    assert add_table(marl).is_success


@on_sqlite
def test_the_disk_fills_while_a_file_is_imported(marl: Marl) -> None:
    """the disk full while a file is imported"""
    tables = marl.api.get("/tables").json()
    started = upload(marl, 1_000_000).raise_for_status().json()["id"]

    def found() -> dict[str, Any]:
        return dict(marl.api.get(f"/imports/{started}").raise_for_status().json())

    wait_until(lambda: found()["state"] == "running", 30, "the import is under way")
    with full_disk(marl):
        let_pass(2)
        assert found()["state"] == "running"
    wait_until(lambda: found()["state"] != "running", 20, "the import has ended")
    assert found()["state"] == "failed"
    assert found()["error"].startswith(FULL)
    assert found()["error"].endswith("Nothing was changed: start it again then.")
    assert marl.api.get("/tables").json() == tables


def test_the_data_folder_becomes_read_only(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """the data folder read-only for 4 s"""
    start_all(sheets, 60)
    with disks.read_only(marl.folder):
        faulted(sheets)
        assert_refused(marl, READ_ONLY)
        let_pass(4)
        assert all(part.runs for part in marl.parts)
    settle_all(sheets)
    for each in sheets:
        assert each.states() == {"done": each.rows}


def test_a_read_only_data_folder_is_told_at_the_start(tmp_path: Path) -> None:
    """the data folder read-only at the start"""
    folder = tmp_path / "data"
    (folder / "logs").mkdir(parents=True)
    supervisor = Part(
        "make-run", [sys.executable, "-m", "config.up"], tmp_path, os.environ | {"MARL_DATA_DIR": str(folder)}
    )
    with disks.read_only(folder):
        supervisor.start()
        assert supervisor.wait(30) == 1
    told = supervisor.log.read_text()
    assert told.startswith(
        f"Marl could not start. Marl cannot write into its data folder {folder} (Permission denied)."
    )
    assert "Traceback" not in told
    assert not list((folder / "logs").iterdir())
