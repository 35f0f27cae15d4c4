import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, RenderError
from enrichment.engine.messages import Request
from enrichment.engine.template import request

NAMES = {1: "A", 2: "Sub", 3: "Tags"}


def build(
    url: str = "https://api.example/x",
    query: list[tuple[str, str]] | None = None,
    headers: list[tuple[str, str]] | None = None,
    **rest: object,
) -> request.RequestTemplate:
    config = {
        "method": "POST",
        "url": url,
        "query": [{"name": name, "value": value} for name, value in query or []],
        "headers": [{"name": name, "value": value} for name, value in headers or []],
        "body": None,
        "remove_null": False,
    }
    return request.compile(config | rest, NAMES)


def render(template: request.RequestTemplate, a: object = "x", sub: object = "acme", tags: object = None) -> Request:
    return template.render({1: a, 2: sub, 3: tags}).request


@pytest.mark.parametrize(
    ("value", "segment"),
    [("a b", "a%20b"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("ü", "%C3%BC"), (12, "12"), ("a%2F", "a%252F")],
)
def test_a_path_segment_is_encoded_whole(value: object, segment: str) -> None:
    assert render(build("https://api.example/c/{{A}}/d"), value).url == f"https://api.example/c/{segment}/d"


@pytest.mark.parametrize("value", ["", None, ".", ".."])
def test_a_segment_that_would_lead_elsewhere_is_refused(value: object) -> None:
    with pytest.raises(RenderError, match="lead somewhere else"):
        render(build("https://api.example/companies/{{A}}"), value)


def test_an_address_that_is_too_long_is_told_before_it_is_sent() -> None:
    with pytest.raises(
        RenderError, match=r"would be 70,026 characters long, and it can have 65,536\. Send long values"
    ):
        render(build("https://api.example/x", query=[("abc", "{{A}}")]), "y" * 70_000)


def test_the_query_of_the_url_and_the_parameters_are_joined() -> None:
    built = build("https://api.example/x?b=1&f[a][_eq]={{A}}", query=[("c", "{{A}} é"), ("d", "")])
    assert render(built, "1&2").url == "https://api.example/x?b=1&f[a][_eq]=1%262&c=1%262%20%C3%A9&d="


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example/a%20b/c;v=1?flag&empty=&x=%2F",
        "http://127.0.0.1:8000/",
        "https://[::1]:8443/x",
        "https://api.example/?q[$gt]=1",
    ],
)
def test_an_address_without_references_goes_as_it_was_written(url: str) -> None:
    assert render(build(url)).url == url


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (" HTTPS://API.Example ", "https://api.example/"),
        ("https://münchen.example/ü x", "https://xn--mnchen-3ya.example/%C3%BC%20x"),
        ("https://api.example/100%?p=5%#top", "https://api.example/100%25?p=5%25"),
        ("https://api.example?a=\ud800", "https://api.example/?a=%EF%BF%BD"),
    ],
)
def test_what_no_address_may_hold_is_encoded(url: str, sent: str) -> None:
    assert render(build(url)).url == sent


def test_a_forgotten_scheme_is_offered_at_its_place() -> None:
    with pytest.raises(InvalidSettings) as caught:
        build(" api.example/{{A}}")
    edit = caught.value.problems[0].edit
    assert edit
    assert (edit.offset, edit.text) == (1, "https://")


def test_places_in_an_address_count_in_what_the_user_sees() -> None:
    with pytest.raises(RenderError) as caught:
        render(build("https://{{@2}}.example.com/{{@1}}"), a="")
    problem = caught.value.problem
    assert problem
    assert problem.offset == "https://{{Sub}}.example.com/{{A}}".index("{{A}}")


def test_removal_takes_empty_references_from_the_query_of_the_url() -> None:
    built = build("https://api.example/?z={{A}}&flag&e=&n=x{{A}}", remove_null=True)
    rendered = built.render({1: ""})
    assert rendered.request.url == "https://api.example/?flag&e=&n=x"
    assert rendered.removed == ["query z"]


def test_a_list_repeats_its_parameter() -> None:
    assert render(build(query=[("tag", "{{Tags}}")]), tags=["a", "b c"]).url.endswith("?tag=a&tag=b%20c")


def test_empty_parameters_and_headers_are_removed_when_asked() -> None:
    built = build(query=[("a", "{{A}}"), ("b", "1")], headers=[("X-A", "{{A}}")], remove_null=True)
    rendered = built.render({1: None})
    assert rendered.request.url.endswith("?b=1")
    assert "X-A" not in dict(rendered.request.headers)
    assert rendered.removed == ["query a", "header X-A"]


def test_one_label_of_the_host_may_come_from_a_column() -> None:
    built = build("https://{{Sub}}.example.com/x")
    assert render(built, sub="Acme").url == "https://acme.example.com/x"
    for bad in ("evil.com/", "a.b", "", "-a", "a@b", "ä"):
        with pytest.raises(RenderError):
            render(built, sub=bad)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example/x",
        "ftp://api.example",
        "https://",
        "https://{{A}}",
        "https://{{A}}/x",
        "https://{{A}}.com/x",
        "https://x.{{A}}.example.com/",
        "{{A}}://x.example.com",
        "https://user:pw@api.example/",
        "https://api.example:port/",
        "https://api.example/{{Nope}}",
        "https://exa mple.com/x",
        "https://example.com\\.evil.com/",
        "https://exa\nmple.com/",
        "https://api.example/a\nb",
        "https://api.example:99999/",
        "https://{{Sub}}.example.com@evil.com/",
    ],
)
def test_an_address_that_cannot_be_called_is_refused_at_its_field(url: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        build(url)
    assert {problem.field for problem in caught.value.problems} == {"url"}


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "A b", "X:", "{{A}}", ""]
)
def test_a_header_that_is_not_ours_to_set_is_refused(name: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        build(headers=[(name, "x")])
    assert caught.value.problems[0].field == "headers.0.name"


def test_a_header_value_is_trimmed_and_keeps_its_letters() -> None:
    assert ("X-A", "ü") in render(build(headers=[("X-A", " {{A}} ")]), " ü ").headers


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "\x7f", "a\tb", "\x85"])
def test_a_cell_cannot_add_a_header(value: str) -> None:
    with pytest.raises(RenderError, match="control character"):
        render(build(headers=[("X-A", "{{A}}")]), f"x{value}x")


def test_a_control_character_in_the_settings_is_refused_when_saving() -> None:
    for value in ("a\nb", "a\tb", "{{A}}\r\nX: y"):
        with pytest.raises(InvalidSettings) as caught:
            build(headers=[("X-A", value)])
        assert caught.value.problems[0].field == "headers.0.value"
    assert ("X-A", "a") in render(build(headers=[("X-A", "a\n")])).headers


def test_a_parameter_has_a_name_of_its_own() -> None:
    with pytest.raises(InvalidSettings) as caught:
        build(query=[("{{A}}", "x")])
    assert caught.value.problems[0].field == "query.0.name"


def test_a_value_that_cannot_be_written_ends_its_row_alone() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for built in (
        build("https://api.example/{{A}}"),
        build(query=[("q", "x{{A}}")]),
        build(headers=[("X-A", "{{A}}")]),
    ):
        for value in ({"a": deep}, {"a": float("nan")}):
            with pytest.raises(RenderError):
                render(built, value)


def test_a_body_says_what_it_is_unless_the_user_does() -> None:
    assert ("Content-Type", "application/json") in render(build(body="{}")).headers
    own = build(body="{}", headers=[("content-type", "application/vnd.api+json")])
    assert [value for name, value in render(own).headers if name.lower() == "content-type"] == [
        "application/vnd.api+json"
    ]


def test_all_problems_of_all_fields_are_told_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        build("nowhere", query=[("", "x")], headers=[("Host", "x")], body="{")
    assert {problem.field for problem in caught.value.problems} == {"url", "query.0.name", "headers.0.name", "body"}


@given(st.text())
def test_no_cell_can_change_the_structure_of_a_url(value: str) -> None:
    try:
        url = render(build("https://api.example/c/{{A}}/d?q={{A}}&r=1"), value).url
    except RenderError:
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "api.example")
    assert len(parts.path.split("/")) == 4
    assert [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)] == ["q", "r"]
    assert url.isascii()


@given(st.text())
def test_no_cell_can_change_the_structure_of_a_header(value: str) -> None:
    try:
        headers = render(build(headers=[("X-A", "{{A}}")]), value).headers
    except RenderError:
        return
    assert [name for name, _ in headers] == ["X-A", "Accept"]
    assert not any(sign in headers[0][1] for sign in "\r\n\0")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
EVERYWHERE = {
    "url": "https://{{Sub}}.example.com/a/{{A}}/x{{Tags[0].b}}?z={{A}}&{{Tags}}=1",
    "query": [("t", "{{Tags}}"), ("u", "x {{A.b}}")],
    "headers": [("X-A", "{{A}}"), ("X-B", "b {{Tags}}")],
    "body": '{"k{{A}}": {{Tags}}, "l": ["{{A}} {{Tags}}", {{A}}], "m": {"n": {{A.b}}}}',
}


@given(VALUES, st.just("acme") | VALUES, VALUES, st.booleans())
def test_any_row_is_rendered_or_refused(a: object, sub: object, tags: object, remove_null: bool) -> None:
    try:
        sent = build(**EVERYWHERE, remove_null=remove_null).render({1: a, 2: sub, 3: tags}).request  # type: ignore[arg-type]
    except RenderError:
        return
    parts = urlsplit(sent.url)
    assert sent.url.isascii()
    assert parts.netloc.endswith(".example.com")
    assert len(parts.path.split("/")) == 4
    assert sent.body is not None
    assert len(json.loads(sent.body).get("l", [0, 0])) == 2
    assert not any(sign in value for _, value in sent.headers for sign in "\r\n\0")
