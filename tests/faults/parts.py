"""The processes of the app under test: started in sessions of their own, killed, stalled, started again."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers.processes import ROOT


def wait_until(holds: Callable[[], bool], seconds: float, what: str, every: float = 0.05) -> None:
    """Fails when it does not come true in time; an app that does not answer meanwhile is asked again."""
    deadline, last = time.monotonic() + seconds, ""
    while True:
        try:
            if holds():
                return
        except httpx.HTTPError as error:
            last = f" (the app said: {error!r})"
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still waiting until {what}{last}"
        time.sleep(every)


def let_pass(seconds: float) -> None:
    """For a fault that lasts, and to see that something does not happen meanwhile."""
    time.sleep(seconds)


def _end_with_parent() -> None:
    """And, when it is root's, obey the modes of files like everybody else's process."""
    if sys.platform == "linux":
        pr_set_pdeathsig, pr_capbset_drop, cap_dac_override = 1, 24, 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        ctypes.CDLL(None).prctl(pr_capbset_drop, cap_dac_override)


@dataclass
class Part:
    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    user: str | None = None
    inherits: tuple[int, ...] = ()  # file descriptors
    process: subprocess.Popen[bytes] | None = None
    _said_before: int = 0  # bytes of the log that an earlier start wrote

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    @property
    def pid(self) -> int:
        assert self.process, f"{self.name} was not started"
        return self.process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=self.inherits,
                preexec_fn=_end_with_parent,
                user=self.user,
            )

    def said(self, words: str) -> bool:
        """Since it was started last."""
        return words in self.log.read_bytes()[self._said_before :].decode(errors="replace")

    def tell(self, number: signal.Signals) -> None:
        """A signal for this process alone."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        kill(self)

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 12) -> None:
        if self.runs:
            self.tell(number)
            try:
                self.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait(self, seconds: float) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        assert self.process
        return self.process.wait(seconds)


def kill(*parts: Part) -> None:
    """−9 at once, with all that they started."""
    running = [part for part in parts if part.runs]
    for pid in _with_children(part.pid for part in running):
        with contextlib.suppress(ProcessLookupError):  # it ended with its parent
            os.kill(pid, signal.SIGKILL)
    for part in running:
        part.wait(10)


def _with_children(pids: Iterable[int]) -> list[int]:
    """Parents first, so that they start nobody anew."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = list(pids)
    for parent in found:
        found += [child for child, its_parent in pairs if its_parent == parent]
    return found


def local_ports(pid: int) -> set[int]:
    """Those of a process's connections over IPv4."""
    sockets = {_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in sockets}


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""
