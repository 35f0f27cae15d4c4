"""An API on loopback that tells what it was asked: `/a` with `{"of": "Acme"}` answers `{"is": "a(Acme)"}`.

It takes forms with the field `of`, XML with an element of that name, and text as well. The value of an answer that
redirects is its Location.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

from tests.servers.threads import KeepAliveHandler, answer_json, running

type Answer = tuple[int, Any]


class Echo(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[str] = []  # "a(Acme)", in the order in which they came
        self.received: list[tuple[str, str]] = []  # Content-Type and body of each request
        self.answers: dict[str, Callable[[str], Answer]] = {}  # by name, in place of the usual one
        self._gates: dict[str, threading.Event] = {}
        self._came = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self) -> list[str]:
        """The calls since the last look."""
        taken, self.calls = self.calls, []
        return taken

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Its answers come when this ends."""
        self._gates[name] = threading.Event()
        try:
            yield
        finally:
            self._gates.pop(name).set()

    def wait_for(self, call: str) -> None:
        with self._came:
            assert self._came.wait_for(lambda: call in self.calls, timeout=20)

    def answer(self, name: str, of: str) -> Answer:
        with self._came:
            self.calls.append(f"{name}({of})")
            self._came.notify_all()
        if gate := self._gates.get(name):
            gate.wait(20)
        return self.answers[name](of) if name in self.answers else (200, {"is": f"{name}({of})"})


class _Handler(KeepAliveHandler):
    server: Echo

    def do_POST(self) -> None:
        body, kind = self.rfile.read(int(self.headers["Content-Length"])), self.headers["Content-Type"] or ""
        self.server.received.append((kind, body.decode()))
        status, value = self.server.answer(self.path.strip("/"), asked(body, kind))
        answer_json(self, status, value, {"Location": value} if 300 <= status < 400 else {})


def asked(body: bytes, kind: str) -> str:
    """What the body says it is of."""
    if "json" in kind:
        return str(json.loads(body)["of"])
    if "urlencoded" in kind:
        return parse_qs(body.decode(), keep_blank_values=True)["of"][0]
    if "multipart" in kind:
        parts = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).iter_parts()
        return next(str(part.get_content()) for part in parts if 'name="of"' in str(part["Content-Disposition"]))
    if "xml" in kind:
        return ElementTree.fromstring(body).findtext("of") or ""
    return body.decode()


@contextmanager
def serving() -> Iterator[Echo]:
    with running(Echo()) as server:
        yield server
