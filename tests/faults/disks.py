"""A data folder that takes nothing any more, without the rights that it takes to fill or mount a disk."""

import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.parts import Part

LONGEST = 4096  # bytes of a file


@contextmanager
def full(parts: Iterable[Part]) -> Iterator[None]:
    """Lets these processes write no file beyond its first bytes: each write there fails, as where no space is left."""
    limited = [part.pid for part in parts]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in limited}
    for pid, (_, most) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LONGEST, most))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Forbids writing there. Processes go on with the files that they have open."""
    paths = [folder, *folder.rglob("*")]
    before = {path: path.stat().st_mode for path in paths if not path.is_socket()}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in before.items():
            if path.exists():
                os.chmod(path, mode)
