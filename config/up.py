"""`make run`: everything on one machine under one supervisor, until Ctrl+C.

Redis, then migrations and assets, then web, worker and scheduler. A part that dies is started again;
parts end with the supervisor even when it is killed.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis import RedisError

from config import bundled_redis
from config.environment import secret

HOST = os.environ.get("MARL_HOST", "127.0.0.1")
PYTHON = sys.executable
CELERY = ("-m", "celery", "-q", "-A", "config.celery")
NEEDED = 1024 * 1024  # bytes that must fit into the data folder
GRACE = 12  # seconds to end by itself; a step lasts at most about 5


class CannotStart(Exception):
    """Says in one sentence what is in the way."""


@dataclass
class StopRequest:
    """Whether Ctrl+C or SIGTERM came. A plain flag: a signal may come while the handler of another one runs."""

    came: bool = False

    def listen(self) -> None:
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        if not self.came:
            print("\nStopping …", flush=True)
        self.came = True


@dataclass
class Part:
    """A process of ours, and when it was started."""

    name: str
    command: list[str]
    inherits: tuple[int, ...] = ()  # file descriptors
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self, logs: Path) -> None:
        self.starts.append(time.monotonic())
        with self._log(logs) as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=self.inherits,
                preexec_fn=_end_with_parent,
            )

    def _log(self, logs: Path) -> IO[bytes]:
        """Opens it, or nowhere in a data folder that became read-only: whatever died is started there, too."""
        try:
            return (logs / f"{self.name}.log").open("ab")
        except OSError as error:
            print(f"What the {self.name} says is lost: its log cannot be written ({error.strerror}).", flush=True)
            return Path(os.devnull).open("ab")

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def keeps_dying(self) -> bool:
        return len(self.starts) >= 5 and time.monotonic() - self.starts[-5] < 60


def _end_with_parent() -> None:
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def web(listener: int) -> list[str]:
    """Returns the command that serves on the socket with this file descriptor, which the process has to inherit."""
    return [PYTHON, "-m", "config.web", str(listener)]


def worker() -> list[str]:
    options = ["--pool", "threads", "--concurrency", "16", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    return [PYTHON, *CELERY, "worker", *options]


def scheduler(data: Path) -> list[str]:
    return [PYTHON, *CELERY, "beat", "-s", str(data / "schedule"), "--pidfile="]


def reached_at(port: int) -> str:
    """Returns the address at which the other parts reach the web server."""
    host = "127.0.0.1" if HOST in ("0.0.0.0", "::", "localhost") else HOST  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def data_folder() -> Path:
    """Returns the folder, made with one for logs in it. Raises CannotStart."""
    folder = Path(os.environ.get("MARL_DATA_DIR", "data")).resolve()
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be made ({error.strerror}). Set MARL_DATA_DIR to another."
        ) from error
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(NEEDED))
            file.flush()
    except OSError as error:
        raise CannotStart(
            f"Marl cannot write into its data folder {folder} ({error.strerror}). "
            "Change that, or set MARL_DATA_DIR to another."
        ) from error
    return folder


def port_number() -> int:
    """Raises CannotStart for what is not a port."""
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT is “{text}”, which is not a port number. Choose one from 1 to 65535.")
    return int(text)


def listen(port: int) -> socket.socket:
    """Listens, so that no other program can take the port meanwhile, and whoever comes early waits for an answer.

    Raises CannotStart for a port that another program uses.
    """
    try:
        return socket.create_server(
            (HOST, port), family=socket.AF_INET6 if ":" in HOST else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise CannotStart(
            f"Port {port} cannot be used ({error.strerror}). Choose another: PORT={port + 1} make run"
        ) from error


def lock(folder: Path) -> IO[str]:
    """Locks the folder until the file is closed: two supervisors would start two Redis servers on it."""
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CannotStart(
            f"Marl is already running on {folder}. Stop it first, or set MARL_DATA_DIR to another folder."
        ) from error
    return file


def prepare() -> str:
    """Brings database and assets up to date, and returns a link to sign in. Raises CannotStart with its last line."""
    done = subprocess.run([PYTHON, "manage.py", "prepare"], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise CannotStart(f"`manage.py prepare` failed: {' '.join(last)}")
    return done.stdout.strip()


def wait_for_web(port: int, part: Part, logs: Path) -> None:
    """Returns once it answers. Raises CannotStart when it ends before, or does not answer for a minute."""
    deadline = time.monotonic() + 60
    with socket.create_connection((urlsplit(reached_at(port)).hostname, port)) as probe:
        probe.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        probe.settimeout(0.1)
        while time.monotonic() < deadline and not part.died:
            with contextlib.suppress(TimeoutError):
                if probe.recv(1):
                    return
    raise CannotStart(f"The web server did not start; {logs / 'web.log'} says why.")


def start_redis(folder: Path, parts: list[Part]) -> None:
    if given := secret("REDIS_URL"):
        bundled_redis.wait_until_ready(given)
        return
    part = Part("redis", bundled_redis.command(folder))
    parts.append(part)
    part.start(folder / "logs")
    url = f"unix://{folder / 'redis.sock'}"
    try:
        bundled_redis.wait_until_ready(url)
    except RedisError as error:
        raise CannotStart(f"Redis did not start; {folder / 'logs' / 'redis.log'} says why.") from error


def start(folder: Path, listener: socket.socket, parts: list[Part]) -> str:
    """Starts every part, adds it to `parts` also when a later one fails, and returns a link to sign in.

    Raises CannotStart.
    """
    start_redis(folder, parts)
    link = prepare()
    server = Part("web", web(listener.fileno()), inherits=(listener.fileno(),))
    for part in (server, Part("worker", worker()), Part("scheduler", scheduler(folder))):
        parts.append(part)
        part.start(folder / "logs")
        if part is server:
            wait_for_web(listener.getsockname()[1], part, folder / "logs")
    return link


def watch(parts: list[Part], logs: Path, stop: StopRequest) -> None:
    """Starts parts that died again, until asked to stop. Raises CannotStart for one that keeps dying."""
    while not stop.came:
        for part in parts:
            if not part.died:
                continue
            if part.keeps_dying:
                raise CannotStart(f"The {part.name} keeps stopping; {logs / part.name}.log says why.")
            print(f"The {part.name} stopped by itself and is started again.", flush=True)
            part.start(logs)
        time.sleep(0.5)


def run(folder: Path, port: int, stop: StopRequest) -> None:
    """Runs every part until asked to stop, and stops what was started. Raises CannotStart."""
    parts: list[Part] = []
    listener = listen(port)
    os.environ.setdefault("MARL_SAMPLE_API_URL", reached_at(port))
    print("Starting Marl …", flush=True)
    try:
        link = start(folder, listener, parts)
        print(f"\n  Marl is running. Sign in here:\n\n    {link}\n", flush=True)
        print(f"  Data and logs: {folder}   Stop: Ctrl+C\n", flush=True)
        watch(parts, folder / "logs", stop)
    finally:
        for part in reversed(parts):
            part.stop()


def main() -> int:
    stop = StopRequest()
    stop.listen()
    try:
        folder, port = data_folder(), port_number()
        with lock(folder):
            run(folder, port, stop)
    except (CannotStart, ImproperlyConfigured, bundled_redis.NoRedis, RedisError) as error:
        # A part that Ctrl+C ended first looks like one that cannot start.
        print("Stopped." if stop.came else f"Marl could not start. {error}", file=sys.stderr)
        return 1
    print("Stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
