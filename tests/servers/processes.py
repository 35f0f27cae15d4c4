"""Programs of this machine that tests start and wait for."""

import fcntl
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Outside the ports that the system gives to others, and the next one for each test process that asks."""
    with (Path(tempfile.gettempdir()) / "marl-test-port").open("a+") as last:
        fcntl.flock(last, fcntl.LOCK_EX)
        last.seek(0)
        port = int(last.read() or 0)
        while True:
            port = port + 1 if 20_000 <= port < 32_000 else 20_000
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    break
        last.truncate(0)
        last.write(str(port))
    return port


def wait_for(url: str, process: subprocess.Popen[str], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer; its process ended with {process.poll()}")


@contextmanager
def serving(command: Sequence[str], url: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Iterator[None]:
    """Runs a server while the block runs, once something answers at `url`."""
    process = subprocess.Popen(
        command, cwd=cwd, env=env, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(url, process)
        yield
    finally:
        process.terminate()
        process.wait(10)
