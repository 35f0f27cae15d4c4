"""A request written as a command sends the same, and is read as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.importers import curl, curl_writing
from enrichment.engine.messages import Request
from enrichment.engine.template import request


def test_a_written_command_hides_secrets_and_quotes_the_rest() -> None:
    written = curl_writing.write(
        "POST", "https://a.example/x?q=a b", {"authorization": "Bearer ••••••••"}, '{"a": "it\'s"}'
    )
    assert written.splitlines()[0] == "curl -X POST 'https://a.example/x?q=a b' \\"
    assert "-H 'authorization: Bearer <secret>'" in written
    assert curl.parse(written).config["body"] == '{"a": "it\'s"}'


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: "••" not in text))
def test_what_was_written_is_read_as_it_was(text: str) -> None:
    found = curl.parse(curl_writing.write("PUT", "https://a.example/", {"x-team": "a b"}, "{" + text)).config
    assert (found["method"], found["body"]) == ("PUT", "{" + text)
    assert found["headers"] == [{"name": "x-team", "value": "a b"}]


PAIRS = [("a b", "x & y=z"), ("tags[]", "größe\n'2'"), ("q", "@file"), ("", "")]


def sent(body_format: str, body: str = "", pairs: list[tuple[str, str]] = PAIRS) -> Request:
    form = [{"name": name, "value": value} for name, value in pairs]
    config = {"method": "POST", "url": "https://a.example/", "body_format": body_format, "body": body, "form": form}
    return request.compile(config, {}).render({}).request


def written(sent: Request) -> str:
    body = None if sent.body is None else sent.body.decode()
    return curl_writing.write(sent.method, sent.url, dict(sent.headers), body)


@pytest.mark.parametrize(
    ("body_format", "body", "words"),
    [
        ("form", "", "--data-urlencode 'a%20b=x & y=z'"),
        ("multipart", "", "--form-string 'a b=x & y=z'"),
        ("xml", "<a>it's</a>", """--data-raw '<a>it'"'"'s</a>'"""),
        ("text", "Hi", "--data-raw Hi"),
        ("json", "[1]", "--data-raw '[1]'"),
    ],
)
def test_each_format_has_its_option_and_is_read_back(body_format: str, body: str, words: str) -> None:
    request_sent = sent(body_format, body)
    command = written(request_sent)
    assert words in command
    config = curl.parse(command).config
    assert config["body_format"] == body_format
    assert request.compile(config, {}).render({}).request.body == request_sent.body


def test_a_request_without_a_body_has_no_data() -> None:
    assert "--data" not in written(sent("none"))


def test_a_part_that_curl_cannot_name_is_sent_as_it_is() -> None:
    assert "--data-raw" in written(sent("multipart", pairs=[("a=b", "1")]))
