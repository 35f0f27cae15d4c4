"""What a benchmark stands on: Marl on a data folder and a Redis of its own, and servers in processes of their own."""

import gc
import multiprocessing
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import free_port


@contextmanager
def environment() -> Iterator[Path]:
    """Sets up Django in this process and yields its data folder; DATABASE_URL and REDIS_URL take another's place."""
    # What a killed worker still writes while the folder goes is of no use to anybody.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ.update(
            MARL_DATA_DIR=name, DJANGO_SETTINGS_MODULE="config.settings", MARL_ALLOWED_NETWORKS="127.0.0.0/8"
        )
        with _redis(folder):
            import django

            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            gc.freeze()  # as a worker does
            yield folder


@contextmanager
def _redis(folder: Path) -> Iterator[None]:
    if os.environ.get("REDIS_URL"):
        yield
        return
    from config.bundled_redis import command, wait_until_ready

    server = subprocess.Popen(command(folder, keep=False), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(f"unix://{folder / 'redis.sock'}")
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def answering(serve: Callable[..., None], *arguments: float) -> Iterator[str]:
    """Calls `serve` with a port and these arguments, in a process of its own, and yields the server's address."""
    port = free_port()
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=serve, args=(port, *arguments), daemon=True)
    process.start()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def _wait_for(port: int) -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def timed(work: Callable[[], object]) -> float:
    """Returns the seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
