"""A parser in a process of its own, bounded in time and memory: it may crash or hang without its caller."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tables.imports.readers.sheet import Waiting, unreadable

MEMORY = 1024 * 1024 * 1024  # bytes
SECONDS_OF_PREVIEW = 20
SECONDS_OF_IMPORT = 1800
_CODE = Path(__file__).parents[3]
_PASSED = ("PATH", "LANG", "LD_LIBRARY_PATH")  # of the environment: no key or password reaches a parser
_BLOCK = 1 << 20  # bytes
_HEARD_EVERY = 1.0  # seconds


type Message = Mapping[str, Any]


class _Ended(Exception):
    """The process ended before its last message; `was_slow` where it was ended for taking too long."""

    def __init__(self, *, was_slow: bool) -> None:
        super().__init__("slow" if was_slow else "stopped")
        self.was_slow = was_slow


@contextmanager
def reading(
    module: str, path: Path, what: str, waiting: Waiting, *, is_preview: bool, **options: Any
) -> Iterator[Iterator[Message]]:
    """Runs the module on the file, see `answering`; nothing of it is left when the caller has read enough.

    `what` names the kind of file to the user; `waiting` is called while no message comes, and may end it. Iterating
    raises Refused for what the parser refuses, and where it crashes or exceeds its bounds.
    """
    seconds = SECONDS_OF_PREVIEW if is_preview else SECONDS_OF_IMPORT
    bounds = {"memory": MEMORY, "seconds": seconds, "is_preview": is_preview}
    arguments = [str(path.resolve()), json.dumps(options | bounds)]
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    command = [sys.executable, "-m", module, *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=_CODE, env=environment, **streams)  # type: ignore[call-overload]
    try:
        yield _told(process.stdout.fileno(), seconds, waiting, what)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _told(output: int, seconds: int, waiting: Waiting, what: str) -> Iterator[Message]:
    try:
        for message in _messages(output, seconds, waiting):
            if "refused" in message:
                words, field = message["refused"]
                raise unreadable(words, field)
            yield message
    except _Ended as end:
        if end.was_slow:
            words = f"Reading this {what} takes over {seconds:,} seconds. Save it as CSV and upload that."
            raise unreadable(words) from end
        memory = f"{MEMORY // 1024**2:,} MiB"
        words = f"This {what} is broken, or needs over {memory} of memory to be read. Save it as CSV and upload that."
        raise unreadable(words) from end


def _messages(output: int, seconds: float, waiting: Waiting) -> Iterator[Message]:
    for line in _lines(output, seconds, waiting):
        try:
            message = json.loads(line)
        except ValueError:
            raise _Ended(was_slow=False) from None
        yield message
        if "end" in message or "refused" in message:
            return
    raise _Ended(was_slow=False)


def _lines(output: int, seconds: float, waiting: Waiting) -> Iterator[bytes]:
    """Yields whole lines. Only the time that is waited for them counts. Raises _Ended."""
    parts: list[bytes] = []
    selector = selectors.PollSelector()  # which takes any file descriptor: a busy process has more than a thousand open
    selector.register(output, selectors.EVENT_READ)
    while True:
        start = time.monotonic()
        while not selector.select(min(_HEARD_EVERY, max(0, seconds - (time.monotonic() - start)))):
            if time.monotonic() - start >= seconds:
                raise _Ended(was_slow=True)
            waiting()
        block = os.read(output, _BLOCK)
        seconds -= time.monotonic() - start
        if not block:
            return
        *whole, rest = block.split(b"\n")
        for line in whole:
            yield b"".join([*parts, line])
            parts = []
        parts.append(rest)
