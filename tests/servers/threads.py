"""Runs servers of the standard library in a thread of their own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer


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


class KeepAliveHandler(BaseHTTPRequestHandler):
    """Answers many requests on a connection, without a line in the log for each."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out apart: the body would wait 40 ms for the client's system

    def log_message(self, format: str, *args: object) -> None:
        pass
