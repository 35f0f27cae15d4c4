"""Bodies of cURL commands in the format that sends what curl would send."""

import shlex
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrichment.engine.importers import curl
from enrichment.engine.messages import Request
from enrichment.engine.template import request


def pasted(options: str) -> curl.Pasted:
    return curl.parse(f"curl https://a.example/ {options}")


def body(options: str) -> tuple[object, object]:
    """The format, and its text or its pairs."""
    config = pasted(options).config
    return config["body_format"], config["body"] or [(one["name"], one["value"]) for one in config["form"]]


def content_type(options: str) -> str | None:
    found = [one["value"] for one in pasted(options).config["headers"] if one["name"] == "Content-Type"]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("options", "pairs"),
    [
        ("-d name=Sam -d city=Graz", [("name", "Sam"), ("city", "Graz")]),
        ("-d 'a=b+c%26d&e=&e=2'", [("a", "b c&d"), ("e", ""), ("e", "2")]),
        ("-d 'metadata[plan]=pro' -d amount=2000", [("metadata[plan]", "pro"), ("amount", "2000")]),
        ("--data-urlencode 'q=a & b=c' -d x=1", [("q", "a & b=c"), ("x", "1")]),
        ("-d 'of={{A+B & C}}&n=1'", [("of", "{{A+B & C}}"), ("n", "1")]),
        ("-H 'Content-Type: application/x-www-form-urlencoded' --data-raw 'q={\"a\":1}'", [("q", '{"a":1}')]),
    ],
)
def test_names_and_values_are_a_form(options: str, pairs: list[tuple[str, str]]) -> None:
    assert body(options) == ("form", pairs)
    assert content_type(options) is None
    assert pasted(options).notes == ()


@pytest.mark.parametrize(
    ("options", "pairs"),
    [
        ("-F name=Sam -F 'city=\"a;b\"'", [("name", "Sam"), ("city", "a;b")]),
        ("--form-string 'note=@home;type=x'", [("note", "@home;type=x")]),
        ("-F 'meta={\"a\":1};type=application/json'", [("meta", '{"a":1}')]),
        ("-H 'Content-Type: multipart/form-data' -F a=1", [("a", "1")]),
    ],
)
def test_fields_are_a_multipart_form(options: str, pairs: list[tuple[str, str]]) -> None:
    assert body(options) == ("multipart", pairs)
    assert content_type(options) is None


def test_files_are_left_out_and_told() -> None:
    command = "-F purpose=search -F file=@data.csv -F 'text=<note.txt'"
    assert body(command) == ("multipart", [("purpose", "search")])
    assert pasted(command).notes == ("Files were left out, because a column can't send them: file, text.",)


def test_a_type_of_a_field_alone_is_told() -> None:
    notes = pasted("-F 'meta={\"a\":1};type=application/json' -F 'b=1' -F 'c=@x;type=text/csv'").notes
    assert notes[-1] == "The types of these fields were left out: meta."


def test_a_multipart_form_as_browsers_copy_it_is_read() -> None:
    content = '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\ngröße\r\n--X\r\nContent-Disposition: form-data; '
    content += 'name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\n…\r\n--X--\r\n'
    command = f"-H 'Content-Type: multipart/form-data; boundary=X' --data-raw {shlex.quote(content)}"
    assert body(command) == ("multipart", [("a", "größe")])
    assert content_type(command) is None
    assert "can't send them: f." in pasted(command).notes[0]


@pytest.mark.parametrize(
    ("options", "format", "type"),
    [
        ("-H 'Content-Type: text/xml; charset=utf-8' -d '<a/>'", "xml", "text/xml; charset=utf-8"),
        ("-H 'Content-Type: application/soap+xml' -d '<a/>'", "xml", "application/soap+xml"),
        ("-H 'Content-Type: application/xml' -d '<a/>'", "xml", None),
        ("-d '<a>1</a>'", "xml", None),
        ("-H 'Content-Type: text/csv' -d 'a,b'", "text", "text/csv"),
        ("-H 'Content-Type: application/graphql' -d '{ me }'", "text", "application/graphql"),
        ("-d token", "text", "application/x-www-form-urlencoded"),
        ("--data-urlencode '=x y'", "text", "application/x-www-form-urlencoded"),
        ("-d '{\"a\": 1}'", "json", None),
        ("-H 'Content-Type: application/vnd.api+json' -d '[]'", "json", "application/vnd.api+json"),
        ("--json '{}'", "json", None),
    ],
)
def test_the_type_says_the_format(options: str, format: str, type: str | None) -> None:
    assert (body(options)[0], content_type(options)) == (format, type)


def test_a_type_without_a_body_is_told() -> None:
    assert "left out: Content-Type." in pasted("-H 'Content-Type: text/csv'").notes[0]


def test_data_of_a_get_goes_to_the_address() -> None:
    config = pasted("-G -d a=1 --data-urlencode '=x y'").config
    assert (config["url"], config["body_format"], config["form"]) == ("https://a.example/?a=1&x%20y", "json", [])


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ue000\ue001\ue002{"), min_size=1)
NAME = TEXT.map(lambda text: text.replace("=", "").replace("%", "").replace("+", "").strip()).filter(
    lambda name: bool(name) and name[0] != "["
)  # that is JSON


def sent(config: dict[str, object]) -> Request:
    return request.compile(config, {}).render({}).request


@example([("<0", "0")])
@given(st.lists(st.tuples(NAME, TEXT), min_size=1, max_size=3))
def test_any_form_arrives_as_curl_would_send_it(pairs: list[tuple[str, str]]) -> None:
    options = " ".join(f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in pairs)
    names_can_be_read = all(not set(name) & set("&@") for name, _ in pairs)
    if names_can_be_read:
        assert parse_qsl((sent(pasted(options).config).body or b"").decode()) == pairs
