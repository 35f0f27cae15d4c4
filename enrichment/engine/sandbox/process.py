"""Helper processes for formulas: started when needed, killed at a deadline, lent to one evaluation at a time."""

import atexit
import contextlib
import functools
import importlib.util
import json
import logging
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from enrichment.engine.errors import EngineError
from enrichment.engine.sandbox import system_calls

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
MOST = 4
IDLE = 60.0  # seconds that a helper waits for work
STARTING = 15.0  # seconds for a helper or a context to be ready, on a busy machine
_LARGEST = 64 << 20
_PIPE = 64 << 10  # bytes that a pipe holds


class SandboxBusy(EngineError):
    """Every helper is at work."""


class SandboxMissing(EngineError):
    """The formulas' scripts or their engine are not installed."""


class Died(Exception):
    """The helper ended, or was killed because it did not answer in time."""


class Helper:
    def __init__(self) -> None:
        self.owner: int | None = None  # whose formula it has loaded
        self.idle_since = 0.0
        self._unfiltered: str | None = None  # until it has said so
        self._received = bytearray()  # of frames that nobody has asked for yet
        self.popen = subprocess.Popen(
            [sys.executable, "-I", "-S", *_arguments()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            close_fds=True,
            start_new_session=True,
        )
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.stdin, self.stdout = self.popen.stdin.fileno(), self.popen.stdout.fileno()
        os.set_blocking(self.stdin, False)
        os.set_blocking(self.stdout, False)

    def send(self, *frames: str) -> None:
        """Sends frames; takes in meanwhile what the helper answers, which would wait for that before it reads on."""
        data = b"".join(_framed(frame) for frame in frames)
        until = time.monotonic() + STARTING
        sent = 0
        while sent < len(data):
            if not self._ready(until, sending=True):
                continue
            try:
                sent += os.write(self.stdin, data[sent : sent + (1 << 20)])
            except BlockingIOError:
                continue
            except OSError:
                raise self._died() from None

    def unfiltered(self) -> str:
        """Returns why the kernel doesn't filter its system calls, or nothing. Raises Died."""
        if self._unfiltered is None:
            self._unfiltered = str(json.loads(self._frame(STARTING))["unfiltered"])
            _tell(self._unfiltered)
        return self._unfiltered

    def receive(self, seconds: float) -> str:
        self.unfiltered()
        return self._frame(seconds)

    def _frame(self, seconds: float) -> str:
        until = time.monotonic() + seconds
        size = struct.unpack(">I", self._read(4, until))[0]
        if size > _LARGEST:
            raise self._died()
        return self._read(size, until).decode()

    def _read(self, size: int, until: float) -> bytes:
        while len(self._received) < size:
            self._ready(until)
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _ready(self, until: float, *, sending: bool = False) -> bool:
        """Waits until the helper takes more, or has answered something, which is taken in. Returns whether it takes
        more. Raises Died."""
        poll = select.poll()
        poll.register(self.stdout, select.POLLIN)
        if sending:
            poll.register(self.stdin, select.POLLOUT)
        ready = dict(poll.poll(max(0.0, until - time.monotonic()) * 1000))
        if not ready:
            raise self._died()
        if self.stdout in ready:
            self._take_in()
        return self.stdin in ready

    def _take_in(self) -> None:
        try:
            piece = os.read(self.stdout, _PIPE)
        except BlockingIOError:
            return
        if not piece or len(self._received) > 2 * _LARGEST:
            raise self._died()
        self._received += piece

    def _died(self) -> Died:
        self.kill()
        return Died()

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()
        self._close()

    def is_usable(self) -> bool:
        return self.popen.poll() is None and time.monotonic() - self.idle_since < IDLE - 10

    def abandon(self) -> None:
        """In a forked process: the helper belongs to the parent, and must see its end."""
        self._close()
        self.popen.returncode = 0

    def _close(self) -> None:
        for stream in (self.popen.stdin, self.popen.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()


@functools.cache
def _tell(unfiltered: str) -> None:
    """Says it once a process."""
    if unfiltered:
        log.warning("Formulas run without the filter of system calls, their second wall: %s.", unfiltered)


def _framed(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">I", len(data)) + data


def _arguments() -> list[str]:
    engine = importlib.util.find_spec("_quickjs")
    scripts = [FOLDER / "build" / name for name in ("runtime.js", "check.js", "lodash.js", "formulajs.js")]
    if engine is None or engine.origin is None:
        raise SandboxMissing("Formulas need the package quickjs-ng. Run: pip install -r requirements.txt")
    if not all(script.exists() for script in scripts):
        raise SandboxMissing("Formulas need their scripts. Run: npm ci && npm run build")
    return [str(FOLDER / "child.py"), engine.origin, *map(str, scripts), str(IDLE), system_calls.program().hex()]


class Pool:
    """At most MOST helpers; a free one that has loaded the owner's formula goes first."""

    def __init__(self) -> None:
        self.free: list[Helper] = []
        self.lent: set[Helper] = set()
        self.changed = threading.Condition()

    def acquire(self, owner: int | None, seconds: float) -> Helper:
        until = time.monotonic() + seconds
        with self.changed:
            while (helper := self._choice(owner)) is None:
                if not self.changed.wait(until - time.monotonic()):
                    raise SandboxBusy("All formula processes on this server are busy. Try again in a moment.")
            self.free = [other for other in self.free if other is not helper]
            self.lent.add(helper)
            return helper

    def _choice(self, owner: int | None) -> Helper | None:
        self._drop_unusable()
        suitable = [helper for helper in self.free if owner is None or helper.owner in (owner, None)]
        if suitable:
            return max(suitable, key=lambda helper: helper.owner == owner)
        if len(self.free) + len(self.lent) < MOST:
            return Helper()
        return self.free[0] if self.free else None

    def _drop_unusable(self) -> None:
        for helper in [helper for helper in self.free if not helper.is_usable()]:
            self.free.remove(helper)
            helper.kill()

    def release(self, helper: Helper) -> None:
        with self.changed:
            self.lent.discard(helper)
            helper.idle_since = time.monotonic()
            if helper.popen.poll() is None:
                self.free.append(helper)
            self.changed.notify()

    def forget(self, owner: int) -> None:
        """Lets anybody have the helper of an owner that is done."""
        with self.changed:
            for helper in self.free:
                if helper.owner == owner:
                    helper.owner = None

    def close(self) -> None:
        with self.changed:
            for helper in self.free:
                helper.kill()
            self.free = []


_pool = Pool()


@contextlib.contextmanager
def lent(owner: int | None, seconds: float) -> Iterator[list[Helper]]:
    """Yields a list of one helper; `replaced` puts another there when it died. Without an owner any helper will do."""
    pool = _pool
    holder = [pool.acquire(owner, seconds)]
    try:
        yield holder
    except BaseException:
        holder[0].kill()  # it may be in the middle of an answer
        raise
    finally:
        pool.release(holder[0])


def replaced(holder: list[Helper]) -> Helper:
    """Puts another helper in the place of one that died, and returns it."""
    pool = _pool
    with pool.changed:
        pool.lent.discard(holder[0])
        holder[0] = Helper()
        pool.lent.add(holder[0])
    return holder[0]


def check(request: str, seconds: float) -> dict[str, Any]:
    """Returns what the checker says of a formula. Raises Died when it takes too long."""
    with lent(None, STARTING) as holder:
        holder[0].send('{"order": "check"}', request)
        holder[0].receive(STARTING)
        answer: dict[str, Any] = json.loads(holder[0].receive(seconds))
        return answer


def unfiltered() -> str:
    """Returns why the kernel doesn't filter the helpers' system calls, or nothing. Raises SandboxBusy and Died."""
    with lent(None, STARTING) as holder:
        return holder[0].unfiltered()


def _after_fork() -> None:
    global _pool
    for helper in [*_pool.free, *_pool.lent]:
        helper.abandon()
    _pool = Pool()


def close() -> None:
    """Ends the idle helpers."""
    _pool.close()


def forget(owner: int) -> None:
    _pool.forget(owner)


os.register_at_fork(after_in_child=_after_fork)
atexit.register(close)
