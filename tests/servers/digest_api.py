"""A company directory behind HTTP Digest (RFC 7616), which checks every part of the header."""

import hashlib
import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer

from tests.servers.threads import KeepAliveHandler, answer_json, running

USER, PASSWORD, REALM = "sam", "open sesame", "directory"
_HASHES = {"MD5": hashlib.md5, "MD5-sess": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass
class Ways:
    """How the server wants it. A nonce is good for so many requests."""

    algorithm: str = "MD5"
    qop: str | None = "auth"
    uses: int = 1_000_000
    scheme: str = "Digest"


@dataclass
class Directory:
    ways: Ways
    url: str = ""
    requests: int = 0
    faults: list[str] = field(default_factory=list)  # of headers that do not hold
    bodies: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    used: dict[str, set[str]] = field(default_factory=dict)  # {nonce: counts seen}
    names: Iterator[int] = field(default_factory=itertools.count)

    def challenge(self, *, stale: bool) -> str:
        nonce = f"nonce-{next(self.names)}"
        self.used[nonce] = set()
        parts = {"realm": REALM, "nonce": nonce, "opaque": "carry this back"}
        quoted = ", ".join(f'{name}="{value}"' for name, value in parts.items())
        qop = f', qop="{self.ways.qop}"' if self.ways.qop else ""
        return f"{self.ways.scheme} {quoted}{qop}, algorithm={self.ways.algorithm}{', stale=true' if stale else ''}"

    def verdict(self, method: str, path: str, header: str) -> str:
        """Returns good, stale, or what is wrong with the header."""
        sent = {name: bare or quoted for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', header)}
        nonce, count = sent.get("nonce", ""), sent.get("nc", "")
        if sent.get("uri") != path or sent.get("username") != USER or sent.get("opaque") != "carry this back":
            return f"not for this request: {header}"
        if sent.get("response") != self.expected(method, path, sent):
            return "wrong password"
        if nonce not in self.used or len(self.used[nonce]) >= self.ways.uses:
            return "stale"
        if self.ways.qop and (count in self.used[nonce] or int(count, 16) < 1):
            return f"the count {count} came twice"
        self.used[nonce].add(count or str(len(self.used[nonce])))
        return "good"

    def expected(self, method: str, path: str, sent: dict[str, str]) -> str:
        def digest(text: str) -> str:
            return _HASHES[self.ways.algorithm](text.encode()).hexdigest()

        secret = digest(f"{USER}:{REALM}:{PASSWORD}")
        if self.ways.algorithm.endswith("-sess"):
            secret = digest(f"{secret}:{sent['nonce']}:{sent['cnonce']}")
        middle = f"{sent['nc']}:{sent['cnonce']}:{sent['qop']}:" if self.ways.qop else ""
        return digest(f"{secret}:{sent['nonce']}:{middle}{digest(f'{method}:{path}')}")


@contextmanager
def serving(ways: Ways) -> Iterator[Directory]:
    """Serves until the block ends."""
    directory = Directory(ways)

    class Handler(KeepAliveHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            header = self.headers["Authorization"] or ""
            with directory.lock:
                directory.requests += 1
                verdict = directory.verdict(self.command, self.path, header) if header else "none"
                if verdict == "good":
                    directory.bodies.append(body)
                    return self.answer(200, {"name": "Northwind"})
                if verdict not in ("none", "stale"):
                    directory.faults.append(verdict)
                return self.answer(401, {"detail": verdict}, directory.challenge(stale=verdict == "stale"))

        def do_POST(self) -> None:
            self.do_GET()

        def answer(self, status: int, value: object, challenge: str = "") -> None:
            answer_json(self, status, value, {"WWW-Authenticate": challenge} if challenge else {})

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with running(Server(("127.0.0.1", 0), Handler)) as server:
        directory.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield directory
