"""Runs servers of the standard library in a thread of their own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
