"""Bodies of names and values, read back as servers read them."""

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, RenderError
from enrichment.engine.messages import Request
from enrichment.engine.template import request
from enrichment.engine.template.request import Rendered

NAMES = {1: "A", 2: "Tags"}
ROW: dict[int, object] = {1: "x & y=z", 2: ["b2b", "sa as"]}


def compiled(body_format: str, pairs: list[tuple[str, str]], **rest: object) -> request.RequestTemplate:
    form = [{"name": name, "value": value} for name, value in pairs]
    config = {"method": "POST", "url": "https://api.example/", "body_format": body_format, "form": form}
    return request.compile(config | rest, NAMES)


def rendered(body_format: str, pairs: list[tuple[str, str]], row: dict[int, object] = ROW, **rest: object) -> Rendered:
    return compiled(body_format, pairs, **rest).render(row)


def sent(body_format: str, pairs: list[tuple[str, str]], row: dict[int, object] = ROW, **rest: object) -> Request:
    return rendered(body_format, pairs, row, **rest).request


def body(request: Request) -> str:
    assert request.body is not None
    return request.body.decode()


def parts(request: Request) -> list[tuple[str, str]]:
    """The names and texts of a multipart form, as the standard library reads them."""
    head = f"Content-Type: {dict(request.headers)['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + (request.body or b""))
    assert message.defects == []
    found = message.iter_parts()
    return [(str(part.get_param("name", header="content-disposition")), part.get_content()) for part in found]


def test_a_form_is_encoded_as_a_query_is() -> None:
    pairs = [("name", "{{A}} é"), ("meta[plan type]", "pro"), ("blank", "")]
    request = sent("form", pairs)
    assert body(request) == "name=x%20%26%20y%3Dz%20%C3%A9&meta[plan%20type]=pro&blank="
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent("none", [], query=[{"name": n, "value": v} for n, v in pairs]).url.endswith(f"?{body(request)}")


def test_a_list_alone_repeats_its_name() -> None:
    assert body(sent("form", [("tag", "{{Tags}}")])) == "tag=b2b&tag=sa%20as"
    assert parts(sent("multipart", [("tag", "{{Tags}}")])) == [("tag", "b2b"), ("tag", "sa as")]


@pytest.mark.parametrize("body_format", ["form", "multipart"])
@pytest.mark.parametrize(("value", "row"), [("{{A}}", {1: {"id": 7}}), ("x {{A}}", {1: [7]}), ("{{A}}", {1: [{}]})])
def test_an_object_is_refused(body_format: str, value: str, row: dict[int, object]) -> None:
    with pytest.raises(RenderError, match="A holds ") as caught:
        sent(body_format, [("a", value)], row)
    assert caught.value.problem
    assert caught.value.problem.field == "form.0.value"


def test_what_is_empty_is_sent_empty_or_removed_as_in_a_query() -> None:
    pairs = [("a", "{{A}}"), ("b", "x{{A}}"), ("c", "")]
    assert body(sent("form", pairs, {1: None})) == "a=&b=x&c="
    assert parts(sent("multipart", pairs, {})) == [("a", ""), ("b", "x"), ("c", "")]
    for body_format in ("form", "multipart"):
        without = rendered(body_format, pairs, {1: ""}, remove_null=True)
        assert without.removed == ["field a", "field c"]
    assert body(without.request).count("form-data") == 1


def test_a_form_without_names_is_no_body() -> None:
    for body_format in ("form", "multipart"):
        request = sent(body_format, [("", "")], body='{"kept": 1}')
        assert request.body is None
        assert "Content-Type" not in dict(request.headers)


@pytest.mark.parametrize("body_format", ["form", "multipart"])
def test_a_name_is_needed_and_literal(body_format: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        compiled(body_format, [("", "x"), ("{{A}}", "x"), ("a", "{{Nobody}}")])
    assert [problem.field for problem in caught.value.problems] == ["form.0.name", "form.1.name", "form.2.value"]


def test_another_type_of_form_is_the_users_to_name() -> None:
    header = {"name": "content-type", "value": "application/x-www-form-urlencoded; charset=utf-8"}
    types = [value for name, value in sent("form", [("a", "1")], headers=[header]).headers if name == "content-type"]
    assert types == [header["value"]]
    with pytest.raises(InvalidSettings, match="names the boundary") as caught:
        compiled("multipart", [("a", "1")], headers=[{"name": "X", "value": ""}, header])
    assert caught.value.problems[0].field == "headers.1.name"


def test_a_multipart_form_is_the_same_for_every_try_and_another_for_another_row() -> None:
    template = compiled("multipart", [("a", "{{A}}")])
    first, again, other = (template.render({1: value}).request for value in ("x", "x", "y"))
    assert first == again
    assert first.headers != other.headers


def test_no_value_can_end_its_part() -> None:
    boundary = dict(sent("multipart", [("a", "x")]).headers)["Content-Type"].partition("boundary=")[2]
    value = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="evil"\r\n\r\n1'
    assert parts(sent("multipart", [("a", "{{A}}")], {1: value})) == [("a", value)]


def test_a_name_is_escaped_as_browsers_do() -> None:
    assert 'name="a%22b\\c"\r\n' in body(sent("multipart", [('a"b\\c', "1")]))


# Line breaks as they are sent: the standard library's parser makes others of a lone \r or \n of text.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NAME = TEXT.map(str.strip).filter(lambda name: name and "{{" not in name)


@given(st.lists(st.tuples(NAME, TEXT), min_size=1, max_size=4))
def test_any_form_is_read_back_as_it_was(pairs: list[tuple[str, str]]) -> None:
    form = [(name, f"{{{{A}}}}{index}") for index, (name, _) in enumerate(pairs)]
    request = sent("form", form, {1: pairs[0][1]})
    read = parse_qsl(body(request), keep_blank_values=True, strict_parsing=True)
    assert read == [(name, f"{pairs[0][1]}{index}") for index, (name, _) in enumerate(pairs)]


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_list_is_read_back_as_it_was(values: list[str]) -> None:
    request = sent("form", [("v", "{{Tags}}")], {2: values})
    assert parse_qsl(body(request), keep_blank_values=True) == [("v", value) for value in values]
    content = body(sent("multipart", [("v", "{{Tags}}")], {2: values}))
    delimiter = content.partition("\r\n")[0]
    texts = [part.partition("\r\n\r\n")[2].removesuffix("\r\n") for part in content.split(delimiter)[1:-1]]
    assert texts == values
