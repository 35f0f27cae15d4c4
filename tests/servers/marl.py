"""Marl as `make run` starts it, without the installing."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx

from tests.servers.processes import ROOT, free_port

NEW_TOKEN = ("api_token", "--name", "tests", "--role", "owner")
TOKEN = "token-of-tests"  # in a data folder that was copied


@dataclass
class App:
    url: str
    link: str
    environment: dict[str, str] = field(repr=False)

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    @cached_property
    def token(self) -> str:
        kept = Path(self.environment["MARL_DATA_DIR"]) / TOKEN
        return kept.read_text() if kept.exists() else self.manage(*NEW_TOKEN)

    def api(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30, trust_env=False)


def copy_prepared(data: Path) -> None:
    """Fills a data folder as a first start does. The first process of a test run that asks makes it for all of them."""
    shared = Path(os.environ["MARL_TEST_SHARED"])
    prepared = shared / "prepared"
    with (shared / "preparing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            begun = shared / "prepared-in-part"
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            app = App("", "", _environment(begun))
            app.manage("prepare")
            (begun / TOKEN).write_text(app.manage(*NEW_TOKEN))
            begun.rename(prepared)
    shutil.copytree(prepared, data, dirs_exist_ok=True)


def _environment(data: Path) -> dict[str, str]:
    given = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    return given | {
        "MARL_DATA_DIR": str(data),
        "MARL_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PYTHONWARNINGS": "default",
    }


@contextmanager
def running(data: Path, port: int = 0, **settings: str) -> Iterator[App]:
    """On a free port, unless one is given; the block begins when the link to sign in is printed."""
    port = port or free_port()
    environment = _environment(data) | {"PORT": str(port)} | settings
    process = subprocess.Popen(
        [sys.executable, "-m", "config.up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield App(f"http://127.0.0.1:{port}", _link(process), environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _link(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "/?token=" in line:
            return line.strip()
    raise AssertionError("".join(lines))
