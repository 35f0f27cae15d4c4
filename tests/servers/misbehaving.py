"""An API of raw sockets on loopback that misbehaves in a way of its own at each address.

Each behaviour is a function, named after what it does: `/cut_gzip` answers with a gzip stream that is cut.
`docs/guide/servers.md` lists what the cell of a row says then.
"""

import gzip
import json
import socket
import socketserver
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import brotli

from tests.servers.threads import running

VALUE = json.dumps({"name": "Acme", "size": 406}).encode()
PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back at 8.</body></html>"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
BOMB = gzip.compress(bytes(16 * 1024 * 1024), 1)
NUMBER = 9_007_199_254_740_993  # the first integer that a double cannot hold


@dataclass(frozen=True, slots=True)
class Call:
    """The connection on which a request has come whole."""

    connection: socket.socket
    ended: threading.Event  # set when the server stops

    def say(self, *parts: bytes) -> None:
        self.connection.sendall(b"".join(parts))

    def answer(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        """Answers as a good server does; headers are given as `content_type`."""
        given = {"content_type": "application/json"} | headers
        self.say(head(status, **given, content_length=str(len(body))), body)

    def hang_up(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)


type Behaviour = Callable[[Call], None]

BEHAVIOURS: dict[str, Behaviour] = {}  # by name, as in the address


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__] = function
    return function


def head(status: str = "200 OK", **headers: str) -> bytes:
    lines = (f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items())
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


# The stream: packed, cut and broken.


@behaviour
def gzip_in_two_members(call: Call) -> None:
    call.answer(gzip.compress(VALUE[:9]) + gzip.compress(VALUE[9:]), content_encoding="gzip")


@behaviour
def deflate_with_a_header(call: Call) -> None:
    call.answer(zlib.compress(VALUE), content_encoding="deflate")


@behaviour
def deflate_without_a_header(call: Call) -> None:
    call.answer(zlib.compress(VALUE)[2:-4], content_encoding="deflate")


@behaviour
def brotli_body(call: Call) -> None:
    call.answer(brotli.compress(VALUE), content_encoding="br")


@behaviour
def cut_gzip(call: Call) -> None:
    call.answer(gzip.compress(VALUE)[:-6], content_encoding="gzip")


@behaviour
def broken_gzip(call: Call) -> None:
    packed = bytearray(gzip.compress(VALUE))
    packed[14] ^= 0xFF
    call.answer(bytes(packed), content_encoding="gzip")


@behaviour
def plain_text_called_gzip(call: Call) -> None:
    call.answer(VALUE, content_encoding="gzip")


@behaviour
def unknown_coding(call: Call) -> None:
    call.answer(b"\xfd7zXZ\x00\xff\xfe", content_encoding="lzma")


@behaviour
def gzip_bomb(call: Call) -> None:
    call.answer(BOMB, content_encoding="gzip")


@behaviour
def cut_body(call: Call) -> None:
    call.say(head(content_type="application/json", content_length="900"), VALUE)
    call.hang_up()


@behaviour
def cut_chunk(call: Call) -> None:
    call.say(head(content_type="application/json", transfer_encoding="chunked"), b"40\r\n", VALUE)
    call.hang_up()


@behaviour
def broken_chunk(call: Call) -> None:
    call.say(head(content_type="application/json", transfer_encoding="chunked"), b"zz\r\n", VALUE, b"\r\n0\r\n\r\n")


@behaviour
def body_until_the_end(call: Call) -> None:
    call.say(head(content_type="application/json", connection="close"), VALUE)
    call.hang_up()


@behaviour
def ten_mebibytes(call: Call) -> None:
    call.answer(b'"' + b"x" * 11 * 1024 * 1024 + b'"')


# The connection.


@behaviour
def closes_at_once(call: Call) -> None:
    call.hang_up()


@behaviour
def resets(call: Call) -> None:
    call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(call.connection.detach())  # the reader of requests would keep it open


@behaviour
def never_answers(call: Call) -> None:
    call.ended.wait()


@behaviour
def drips(call: Call) -> None:
    call.say(head(content_type="application/json", content_length="9000"))
    while not call.ended.wait(0.02):
        call.say(b" ")


@behaviour
def speaks_ssh(call: Call) -> None:
    call.say(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")


@behaviour
def two_lengths(call: Call) -> None:
    call.say(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\n", VALUE)


@behaviour
def endless_header(call: Call) -> None:
    call.say(head(x_trace="x" * 40_000, content_length="2"), b"{}")


@behaviour
def hints_first(call: Call) -> None:
    call.say(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
    call.answer(VALUE)


@behaviour
def continues_first(call: Call) -> None:
    call.say(b"HTTP/1.1 100 Continue\r\n\r\n")
    call.answer(VALUE)


@behaviour
def stray_bytes_behind(call: Call) -> None:
    call.answer(VALUE)
    call.say(b"\r\n0\r\n\r\ngarbage")


# What the body says.


@behaviour
def empty(call: Call) -> None:
    call.answer(b"")


@behaviour
def no_content(call: Call) -> None:
    call.say(head("204 No Content"))


@behaviour
def no_content_with_stray_bytes(call: Call) -> None:
    call.say(head("204 No Content", content_length="9"), b'{"a": 1}\n')


@behaviour
def not_modified(call: Call) -> None:
    call.say(head("304 Not Modified"))


@behaviour
def page_with_200(call: Call) -> None:
    call.answer(PAGE, content_type="text/html; charset=utf-8")


@behaviour
def page_with_503(call: Call) -> None:
    call.answer(PAGE, "503 Service Unavailable", content_type="text/html")


@behaviour
def json_called_a_page(call: Call) -> None:
    call.answer(VALUE, content_type="text/html")


@behaviour
def half_of_json(call: Call) -> None:
    call.answer(VALUE[:-4])


@behaviour
def json_lines(call: Call) -> None:
    call.answer(b'{"name": "Acme"}\n{"name": "Contoso"}\n', content_type="application/x-ndjson")


@behaviour
def xml(call: Call) -> None:
    call.answer(b'<?xml version="1.0"?><company id="7"><name>Acme</name></company>', content_type="application/xml")


@behaviour
def xml_with_entities(call: Call) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    call.answer(b'<?xml version="1.0"?>' + bomb, content_type="application/xml")


@behaviour
def text_of_a_number(call: Call) -> None:
    call.answer(b"1.10\n", content_type="text/plain")


@behaviour
def picture(call: Call) -> None:
    call.answer(PNG, content_type="image/png")


@behaviour
def latin_1_called_utf_8(call: Call) -> None:
    call.answer('{"city": "Köln"}'.encode("latin-1"), content_type="application/json; charset=utf-8")


@behaviour
def utf_8_called_latin_1(call: Call) -> None:
    call.answer('{"city": "Köln"}'.encode(), content_type="application/json; charset=iso-8859-1")


@behaviour
def utf_16_with_a_mark(call: Call) -> None:
    call.answer('{"city": "Köln"}'.encode("utf-16"))


@behaviour
def utf_8_cut_in_a_letter(call: Call) -> None:
    call.answer('{"city": "Köln", "about": "grö'.encode()[:-1] + b'"}')


@behaviour
def longer_than_its_length(call: Call) -> None:
    call.say(head(content_type="text/plain", content_length="8"), "Zoë Köln".encode())


@behaviour
def called_as_a_function(call: Call) -> None:
    call.answer(b"callback(" + VALUE + b");", content_type="application/javascript")


@behaviour
def many_decimals(call: Call) -> None:
    call.answer(b'{"amount": 0.1234567890123456789}')


@behaviour
def long_integer(call: Call) -> None:
    call.answer(b'{"id": %d}' % NUMBER)


@behaviour
def not_a_number(call: Call) -> None:
    call.answer(b'{"score": NaN}')


@behaviour
def graphql_errors(call: Call) -> None:
    call.answer(b'{"data": null, "errors": [{"message": "No company with this domain"}]}')


@behaviour
def field_at_fault(call: Call) -> None:
    problem = {"detail": [{"loc": ["body", "email"], "msg": "field required", "type": "missing"}]}
    call.answer(json.dumps(problem).encode(), "422 Unprocessable Entity")


@behaviour
def status_without_words(call: Call) -> None:
    call.answer(b"", "418")


# Redirects.


@behaviour
def moved_for_good(call: Call) -> None:
    call.answer(b"", "301 Moved Permanently", location="/whole_answer")


@behaviour
def see_other(call: Call) -> None:
    call.answer(b"", "303 See Other", location="/whole_answer")


@behaviour
def keeps_the_method(call: Call) -> None:
    call.answer(b"", "307 Temporary Redirect", location="/whole_answer")


@behaviour
def in_circles(call: Call) -> None:
    call.answer(b"", "307 Temporary Redirect", location="/in_circles")


@behaviour
def broken_location(call: Call) -> None:
    call.answer(b"", "307 Temporary Redirect", location="http://[:/")


@behaviour
def no_location(call: Call) -> None:
    call.answer(b"", "307 Temporary Redirect")


@behaviour
def to_another_scheme(call: Call) -> None:
    call.answer(b"", "307 Temporary Redirect", location="ftp://files.example/")


@behaviour
def whole_answer(call: Call) -> None:
    call.answer(VALUE)


class Misbehaving(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[str] = []  # "GET /cut_body", in the order in which they came
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.StreamRequestHandler):
    server: Misbehaving

    def handle(self) -> None:
        try:
            while path := self._request():
                BEHAVIOURS[path[1:]](Call(self.connection, self.server.ended))
        except OSError:  # the other side has gone
            pass

    def _request(self) -> str | None:
        """Returns the path of the next request once it has come whole, None when no more will come."""
        line = self.rfile.readline().decode()
        if not line.strip():
            return None
        method, path, _ = line.split(" ")
        length = 0
        while header := self.rfile.readline().strip().lower():
            name, _, value = header.partition(b":")
            length = int(value) if name == b"content-length" else length
        self.rfile.read(length)
        self.server.calls.append(f"{method} {path}")
        return path


@contextmanager
def serving() -> Iterator[Misbehaving]:
    with running(Misbehaving()) as server:
        try:
            yield server
        finally:
            server.ended.set()
