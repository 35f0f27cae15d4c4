"""Answers that are written in odd ways, over real sockets: the value that is meant, or why there is none."""

import asyncio
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from enrichment.engine import response
from enrichment.engine.messages import Outcome, Request
from enrichment.engine.template import paths
from enrichment.http_client import client
from enrichment.http_client.transport import Transport
from tests.servers.threads import KeepAliveHandler, running

JSON = "application/json"
NAME = '{"name": "%s"}'


def named(name: str, charset: str) -> bytes:
    return (NAME % name).encode(charset)


# Nothing in these, or true beside them, says which encoding it is.
GUESSES: list[tuple[bytes, str, Any]] = [
    (named("東京", "cp932"), JSON, {"name": "東京"}),
    (named("ありがとうございます", "cp932"), JSON, {"name": "ありがとうございます"}),
    (named("株式会社テスト", "euc_jp"), JSON, {"name": "株式会社テスト"}),
    (named("ありがとうございます", "euc_jp"), JSON, {"name": "ありがとうございます"}),
    (named("東京", "iso2022_jp"), JSON, {"name": "東京"}),
    (named("서울", "iso2022_kr"), JSON, {"name": "서울"}),
    (named("서울", "euc_kr"), JSON, {"name": "서울"}),
    (named("北京", "gb18030"), JSON, {"name": "北京"}),
    (named("王小明", "big5"), JSON, {"name": "王小明"}),
    (named("Москва", "cp1251"), JSON, {"name": "Москва"}),
    (rb'{"name": "\n' + "Москва".encode("cp1251") + b'"}', JSON, {"name": "\nМосква"}),
    (named("Привет, мир", "koi8-r"), JSON, {"name": "Привет, мир"}),
    (named("Καλημέρα κόσμε", "cp1253"), JSON, {"name": "Καλημέρα κόσμε"}),
    (named("שלום", "cp1255"), JSON, {"name": "שלום"}),
    (named("القاهرة", "cp1256"), JSON, {"name": "القاهرة"}),
    (named("สวัสดีครับ", "cp874"), JSON, {"name": "สวัสดีครับ"}),
    (named("Łódź", "cp1250"), JSON, {"name": "Łódź"}),
    (named("Łódź", "iso8859-2"), JSON, {"name": "Łódź"}),
    (named("Šimon", "iso8859-2"), JSON, {"name": "Šimon"}),
    (named("São Paulo", "cp1252"), JSON, {"name": "São Paulo"}),
    (named("5 £, 3 m², ½", "cp1252"), JSON, {"name": "5 £, 3 m², ½"}),
    (named("Москва", "cp1251"), f"{JSON}; charset=utf-8", {"name": "Москва"}),
    (named("Zürich", "utf-16-be"), JSON, {"name": "Zürich"}),
]
VALUES: list[tuple[bytes, str, Any]] = [
    *GUESSES,
    (named("東京", "cp932"), f"{JSON}; charset=Shift_JIS", {"name": "東京"}),
    (named("東京", "euc_jp"), f"{JSON}; charset=EUC-JP", {"name": "東京"}),
    (named("Москва", "koi8-r"), f'{JSON}; charset="KOI8-R"', {"name": "Москва"}),
    (named("Zürich", "utf-7"), f"{JSON}; charset=utf-7", {"name": "Zürich"}),
    (named("北京", "hz"), f"{JSON}; charset=hz-gb-2312", {"name": "北京"}),
    (named("Zürich", "utf-8"), f"{JSON}; charset=EUC-JP", {"name": "Zürich"}),
    (named("Zürich", "utf-16"), JSON, {"name": "Zürich"}),
    (named("Zürich", "utf-32"), JSON, {"name": "Zürich"}),
    (b'\xef\xbb\xbf\xef\xbb\xbf{"a": 1}', JSON, {"a": 1}),
    (b'{"a": 1}\r\n\r\n{"a": 2}\r\n', JSON, [{"a": 1}, {"a": 2}]),
    (b'{"a": 1}\n{"a": 2}', "application/octet-stream", [{"a": 1}, {"a": 2}]),
    (b'cb({"a": [1]});', JSON, {"a": [1]}),
    (b'{"a": 1e400, "b": 1e-400, "c": 1E+2}', JSON, {"a": "1e400", "b": "1e-400", "c": 100.0}),
    (b'{"a": 9007199254740993, "b": 0.1234567890123456789}', JSON, {"a": 2**53 + 1, "b": "0.1234567890123456789"}),
    (rb'{"a": "\ud83d\ude00", "b": "\ud800"}', JSON, {"a": "😀", "b": "\ufffd"}),
    (b'{"a": 1, "A": 2, "": 3, "a.b": 4, "1": 5}', JSON, {"a": 1, "A": 2, "": 3, "a.b": 4, "1": 5}),
    (b'{"a": 1, "a": 2}', JSON, {"a": 2, "a 2": 1}),
    (b'"{\\"a\\": 1}"', JSON, '{"a": 1}'),
    (b"<a><b>1</b></a>", "application/soap+xml", {"a": {"b": "1"}}),
    (b"a,b\r\n1.10,2\r\n", "text/csv", "a,b\r\n1.10,2"),
    (b'data: {"a": 1}\n\n', "text/event-stream", 'data: {"a": 1}'),
    (b"[1,2,]", "text/plain", "[1,2,]"),
    (b"0042", "text/plain", "0042"),
    (b"true", JSON, True),
]
FAULTS: list[tuple[bytes, str, str]] = [
    (named("東京", "euc_jp"), JSON, "doesn't say how its letters are encoded, and they may be"),
    (named("山田太郎", "euc_jp"), JSON, "doesn't say how its letters are encoded, and they may be"),
    (named("Zürich", "utf-8")[:-5] + b"\xc3", JSON, "a letter is broken"),
    (b'{"a": 1}\0', JSON, "bytes"),
    (b"ready\0", "text/plain", "bytes"),
    (b'{"a": NaN}', JSON, "it contains NaN"),
    (b'{"a": -Infinity}', JSON, "it contains -Infinity"),
    (b'{"a": 1,}', JSON, "column 8"),
    (b"[1, 2", JSON, "ends too early"),
    (b"{'a': 1}", JSON, "near “'a'"),
    (b'{"a": 1}{"b": 2}', JSON, "column 9"),
    (b"1\n2", JSON, "line 2"),
    (b'{"a": 01}', JSON, "column 8"),
    (b'{"a": +1}', JSON, "column 7"),
    (b'// ok\n{"a": 1}', JSON, "near “// ok”"),
    (b"undefined", JSON, "near “undefined”"),
    (b"a,b\n1,2", JSON, "near “a,b”"),
    (b"<a>x</a>", JSON, "near “<a>"),
    (b"a=1&b=2", "application/xml", "isn't valid XML"),
    (b"<html><title>Back soon</title></html>", JSON, "A web page instead of JSON: Back soon"),
]
FIELDS = (
    rb'{"a.b": 1, "q\"x": 2, "": 3, "0": 4, "a": {"B": 5, "b": [{"c.d": 6}, {"e f": 7}], "": 8}, "A": 9, " x ": 10,'
    rb'"a[0]": 11, "-1": 12, "$": 13, "\\": 14, "\u00e9": 15, "@t": 16}'
)
PATHS: list[tuple[str, object]] = [
    (r"a\.b", 1),
    ('["a.b"]', 1),
    (r'["q\"x"]', 2),
    ('[""]', 3),
    ("0", 4),
    ("[0]", 4),
    ("a.B", 5),
    ('a.b[0]["c.d"]', 6),
    ("a.b.1.e f", 7),
    ('a.b[-1]["e f"]', 7),
    ('a[""]', 8),
    ("A", 9),
    ('[" x "]', 10),
    (r"a\[0\]", 11),
    ("-1", 12),
    ('["$"]', 13),
    (r"\\", 14),
    ("é", 15),
    ("@t", 16),
    ('$["a"]["b"][1]["e f"]', 7),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    answers = [(body, content_type) for body, content_type, _ in (*VALUES, *FAULTS)]

    class Handler(KeepAliveHandler):
        def do_GET(self) -> None:
            body, content_type = (FIELDS, JSON) if self.path == "/fields" else answers[int(self.path[1:])]
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


def answered(url: str, *fields: str) -> Outcome:
    async def ask() -> Outcome:
        out = Transport()
        try:
            answer = await client.send(out, Request("GET", url), timeout_ms=5000)
        finally:
            await out.aclose()
        return response.read(answer, [paths.compile(field) for field in fields])

    return asyncio.run(ask())


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.MARL_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.mark.parametrize("place", range(len(VALUES)), ids=[str(body[:24]) for body, _, _ in VALUES])
def test_an_answer_is_what_its_server_means(url: str, place: int) -> None:
    outcome = answered(f"{url}/{place}")
    assert (outcome.state, outcome.value) == ("done", VALUES[place][2])
    mark = response.REPLACED if "\ufffd" in str(VALUES[place][2]) else ""
    assert outcome.error_code == (response.GUESSED if place < len(GUESSES) else mark)


@pytest.mark.parametrize("place", range(len(FAULTS)), ids=[str(body[:24]) for body, _, _ in FAULTS])
def test_an_answer_that_cannot_be_read_says_so(url: str, place: int) -> None:
    outcome = answered(f"{url}/{len(VALUES) + place}")
    assert outcome.state == "failed"
    assert FAULTS[place][2] in outcome.error_message


@pytest.mark.parametrize(("field", "value"), PATHS)
def test_a_path_leads_to_keys_of_any_signs(url: str, field: str, value: object) -> None:
    outcome = answered(f"{url}/fields", field)
    assert outcome.state == "done"
    assert paths.compile(field).get(outcome.value) == value
