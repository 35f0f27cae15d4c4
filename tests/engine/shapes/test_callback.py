"""What APIs post to an address that they were given."""

import json

import pytest

from enrichment.engine.messages import Response
from enrichment.engine.shapes import callback

PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="size"\r\n\r\n5\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n{"a": "\xc3\xbc"}\r\n--b--\r\n'
)


def posted(kind: str, body: bytes) -> Response:
    return callback.without_form(Response(200, (("X-Id", "7"), ("content-type", kind)), body))


@pytest.mark.parametrize(
    ("kind", "body", "fields"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=&a=%26", {"a": ["1", "&"], "b": ""}),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", b"", {}),
        ("multipart/form-data; boundary=b", PARTS, {"size": "5", "file": '{"a": "ü"}'}),
    ],
)
def test_a_form_is_an_object_of_its_fields(kind: str, body: bytes, fields: object) -> None:
    read = posted(kind, body)
    assert json.loads(read.body) == fields
    assert read.headers == (("X-Id", "7"), ("Content-Type", "application/json"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"a": 1}'),
        ("text/plain", b"a=1"),
        ("application/x-www-form-urlencoded", b"a=\xff\xfe"),
        ("multipart/form-data; boundary=b", PARTS.replace(b"{", b"\x89\xff")),
    ],
)
def test_anything_else_stays_as_it_is(kind: str, body: bytes) -> None:
    assert posted(kind, body) == Response(200, (("X-Id", "7"), ("content-type", kind)), body)
