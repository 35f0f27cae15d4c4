"""The files of the data folder that a backup keeps: uploads, and whatever somebody has put there."""

from collections.abc import Iterator
from pathlib import Path

KEYS = ("encryption-key", "secret-key")
BACKUPS = "backups"
_LEFT_OUT = {
    *KEYS,
    BACKUPS,
    "appendonlydir",  # of Redis, as the socket
    "assets",  # collected anew
    "lock",
    "logs",
    "lost+found",
    "redis.sock",
}
_LEFT_OUT_BEGINNINGS = (
    "marl.sqlite3",  # its rows are in the backup
    "schedule",  # of the scheduler, which makes it anew
)


def kept(folder: Path) -> Iterator[Path]:
    """Returns the paths of the files, relative to the folder, in order."""
    for entry in sorted(folder.iterdir()):
        if entry.name in _LEFT_OUT or entry.name.startswith(_LEFT_OUT_BEGINNINGS) or entry.is_symlink():
            continue
        files = [entry] if entry.is_file() else sorted(entry.rglob("*"))
        yield from (path.relative_to(folder) for path in files if path.is_file() and not path.is_symlink())
