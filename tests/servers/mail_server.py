"""A small mail server, which does what real ones do, and what they had better not do."""

import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Literal

from tests.servers.threads import running

type Fault = Literal["", "busy", "silent", "cut", "silent_after_text", "cut_after_text", "no_goodbye", "full"]


@dataclass
class MailServer:
    """What it is to do, and the texts that it took."""

    fault: Fault = ""
    unknown: Collection[str] = ()  # addresses
    tls: ssl.SSLContext | None = None
    port: int = 0
    texts: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    what: MailServer


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        what = self.server.what
        if what.fault == "cut":
            return
        if what.fault == "silent":
            self.rfile.read()
            return
        self._say("421 too busy" if what.fault == "busy" else "220 ready")
        while line := self.rfile.readline():
            command = line.decode().strip()
            what.asked.append(command)
            if not self._answer(command):
                return

    def _say(self, words: str) -> bool:
        self.wfile.write(f"{words}\r\n".encode())
        return True

    def _answer(self, command: str) -> bool:
        """Returns whether it goes on."""
        what = self.server.what
        match command.split(maxsplit=1)[0].upper():
            case "EHLO":
                return self._say("250-here\r\n250 STARTTLS" if what.tls else "250 here")
            case "STARTTLS":
                return self._begin_tls()
            case "RCPT":
                is_known = not any(address in command for address in what.unknown)
                return self._say("250 ok" if is_known else "550 5.1.1 no such user")
            case "DATA":
                return self._take()
            case "QUIT":
                return what.fault != "no_goodbye" and self._say("221 bye") and False
            case _:
                return self._say("250 ok")

    def _begin_tls(self) -> bool:
        context = self.server.what.tls
        assert context
        self._say("220 go on")
        self.request = context.wrap_socket(self.request, server_side=True)
        self.setup()
        return True

    def _take(self) -> bool:
        what = self.server.what
        if what.fault == "full":
            return self._say("452 4.3.1 mailbox full")
        self._say("354 go on")
        text = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            text += line
        what.texts.append(text)
        if what.fault == "silent_after_text":
            self.rfile.read()
        if what.fault in ("silent_after_text", "cut_after_text"):
            return False
        return self._say("250 taken")


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    with running(_Server(("127.0.0.1", 0), _Handler)) as server:
        server.what = MailServer(tls=tls, port=server.server_address[1])
        yield server.what
