"""Runs servers of the standard library in a thread of their own."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from types import MappingProxyType


@contextmanager
def running[Server: BaseServer](server: Server) -> Iterator[Server]:
    """Lets a server answer until the block ends, then closes it."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def answer_json(
    handler: BaseHTTPRequestHandler, status: int, value: object, headers: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Answers a request with a value as JSON, or with bytes as they are."""
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    own = {"Content-Type": "application/json", **headers, "Content-Length": str(len(payload))}
    for name, text in own.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(payload)


class KeepAliveHandler(BaseHTTPRequestHandler):
    """Answers many requests on a connection, without a line in the log for each."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out apart: the body would wait 40 ms for the client's system

    def log_message(self, format: str, *args: object) -> None:
        pass
