"""A parser in a process of its own, bounded in time and memory: it may crash or hang without its caller."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CODE = Path(__file__).parents[3]
_PASSED = ("PATH", "LANG", "LD_LIBRARY_PATH")  # of the environment: no key or password reaches a parser
_BLOCK = 1 << 20  # bytes


class Ended(Exception):
    """The process ended before its last message; `was_slow` where it was ended for taking too long."""

    def __init__(self, *, was_slow: bool) -> None:
        super().__init__("slow" if was_slow else "stopped")
        self.was_slow = was_slow


@contextmanager
def messages(module: str, arguments: Sequence[str], seconds: float) -> Iterator[Iterator[Mapping[str, Any]]]:
    """Runs the module, whose messages are lines of JSON; nothing of it is left when the caller has read enough.

    `seconds` is how long the caller waits for it in all. Iterating raises Ended.
    """
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    command = [sys.executable, "-m", module, *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=_CODE, env=environment, **streams)  # type: ignore[call-overload]
    try:
        yield _messages(process.stdout.fileno(), seconds)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _messages(output: int, seconds: float) -> Iterator[Mapping[str, Any]]:
    for line in _lines(output, seconds):
        try:
            message = json.loads(line)
        except ValueError:
            raise Ended(was_slow=False) from None
        yield message
        if "end" in message or "refused" in message:
            return
    raise Ended(was_slow=False)


def _lines(output: int, seconds: float) -> Iterator[bytes]:
    """Yields whole lines. Only the time that is waited for them counts. Raises Ended."""
    parts: list[bytes] = []
    selector = selectors.PollSelector()  # which takes any file descriptor: a busy process has more than a thousand open
    selector.register(output, selectors.EVENT_READ)
    while True:
        start = time.monotonic()
        if not selector.select(max(0, seconds)):
            raise Ended(was_slow=True)
        block = os.read(output, _BLOCK)
        seconds -= time.monotonic() - start
        if not block:
            return
        *whole, rest = block.split(b"\n")
        for line in whole:
            yield b"".join([*parts, line])
            parts = []
        parts.append(rest)
