"""Bodies of text and XML: what a value becomes where it stands, and what is said of XML that is none."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.messages import Request
from enrichment.engine.template import request
from enrichment.engine.template.references import Reason, Unavailable

NAMES = {1: "A", 2: "Company"}


def sent(body_format: str, body: str, a: object = "x", **rest: object) -> Request:
    config = {"method": "POST", "url": "https://api.example/", "body_format": body_format, "body": body}
    return request.compile(config | rest, NAMES).render({1: a, 2: "Smith & Sons"}).request


def text(body_format: str, body: str, a: object = "x") -> str:
    return (sent(body_format, body, a).body or b"").decode()


def problems(body: str) -> list[Problem]:
    with pytest.raises(InvalidSettings) as caught:
        sent("xml", body)
    return caught.value.problems


def content_type(request: Request) -> str | None:
    return next((value for name, value in request.headers if name.lower() == "content-type"), None)


def test_text_goes_as_it_is() -> None:
    assert text("text", "Hi {{Company}},\n<{{A}}>", 1.5) == "Hi Smith & Sons,\n<1.5>"
    assert content_type(sent("text", "Hi")) == "text/plain; charset=utf-8"
    own = [{"name": "content-type", "value": "text/csv"}]
    assert content_type(sent("text", "Hi", headers=own)) == "text/csv"


def test_removal_takes_nothing_out_of_text() -> None:
    assert sent("text", "null {{A}}", "", remove_null=True).body == b"null "


def test_no_body_is_sent_and_none_named() -> None:
    request = sent("none", '{"kept": "{{Nobody}}"}', form=[{"name": "kept", "value": "{{Nobody}}"}])
    assert request.body is None
    assert content_type(request) is None


def test_xml_keeps_its_structure_whatever_a_cell_holds() -> None:
    body = '<c name="{{A}}"><n>{{A}}</n><![CDATA[{{A}}]]></c>'
    assert text("xml", body, '</n>"]]>') == (
        '<c name="&lt;/n&gt;&quot;]]&gt;"><n>&lt;/n&gt;"]]&gt;</n><![CDATA[]]>&lt;/n&gt;"]]&gt;<![CDATA[]]></c>'
    )
    assert content_type(sent("xml", body)) == "application/xml"
    soap = [{"name": "Content-Type", "value": "application/soap+xml"}]
    assert content_type(sent("xml", body, headers=soap)) == "application/soap+xml"


@pytest.mark.parametrize("value", ["", "]]", "]", ">", "]>", "]]>", "x]", "-->", "?>", "</c>"])
@pytest.mark.parametrize("before", ["", "]", "x"])
@pytest.mark.parametrize("inside", ["{}", "<![CDATA[{}]]>"])
def test_no_value_ends_a_section_together_with_what_stands_beside_it(inside: str, before: str, value: str) -> None:
    request = sent("xml", f"<c>{inside.format(before + '{{A}}{{A}}>')}</c>", value)
    assert ElementTree.fromstring(request.body or b"").text == f"{before}{value}{value}>"


@pytest.mark.parametrize("body", ["<c>]{{A}}]></c>", "<c><![CDATA[]]{{A}}>]]></c>"])
def test_an_empty_value_cannot_end_a_section_either(body: str) -> None:
    assert problems(body)[0].message.startswith("An empty cell would leave “]]>” here")


ALLOWED = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r")
)


@given(ALLOWED)
def test_any_text_is_read_back_as_it_was(value: str) -> None:
    request = sent("xml", "<c name='{{A}}' other=\"{{A}}\"><n>{{A}}</n><d><![CDATA[{{A}}]]></d></c>", value)
    root = ElementTree.fromstring(request.body or b"")
    assert (root.get("name"), root.get("other")) == (value, value)
    assert ((root[0].text or ""), (root[1].text or "")) == (value, value)
    assert [child.tag for child in root] == ["n", "d"]


@pytest.mark.parametrize("sign", ["\0", "\x0b", "\x1f", "\ufffe"])
@pytest.mark.parametrize("body", ["<c>{{A}}</c>", "<c a='{{A}}'/>", "<c><![CDATA[{{A}}]]></c>"])
def test_a_character_that_xml_forbids_ends_its_row(body: str, sign: str) -> None:
    with pytest.raises(RenderError) as caught:
        sent("xml", body, f"x{sign}y")
    assert caught.value.message == f"A contains a character that XML doesn't allow (U+{ord(sign):04X})."
    assert caught.value.problem
    assert (caught.value.problem.field, caught.value.problem.offset) == ("body", body.index("{{"))


@pytest.mark.parametrize("body_format", ["xml", "text"])
def test_an_object_is_refused_with_its_fields(body_format: str) -> None:
    with pytest.raises(RenderError, match="A holds an object") as caught:
        sent(body_format, "<c>\n{{A}}</c>", {"id": 7})
    assert caught.value.problem
    assert (caught.value.problem.line, caught.value.problem.choices[0].text) == (2, "{{A.id}}")


@pytest.mark.parametrize("body_format", ["xml", "text"])
def test_a_failed_input_is_named(body_format: str) -> None:
    with pytest.raises(RenderError, match="A failed: 404"):
        sent(body_format, "<c>{{A}}</c>", Unavailable("A", Reason.FAILED, "404"))


@pytest.mark.parametrize(
    ("body", "place", "words", "mended"),
    [
        ("<a>x & y</a>", (1, 6), "write & as &amp;", "<a>x &amp; y</a>"),
        ("<a>x < y</a>", (1, 6), "write < as &lt;", "<a>x &lt; y</a>"),
        ("<a>\n<b>x</c></a>", (2, 7), "<b> is open here", "<a>\n<b>x</b></a>"),
        ("<a>\u2028\r\n<b></a>", (2, 6), "<b> is open here", "<a>\u2028\r\n<b></b>"),
        ("<a><b/>", (1, 8), "<a> is never closed", "<a><b/></a>"),
        ("<a", (1, 1), "never closed", None),
        ("<a/><b/>", (1, 5), "after the end of the outermost tag", None),
        ("<a b='1' b='2'/>", (1, 10), "the same attribute twice", None),
        ("<a>&nbsp;</a>", (1, 4), "Write the character itself", None),
        ("<s:a/>", (1, 1), "isn't declared", None),
        (" <?xml version='1.0'?><a/>", (1, 2), "Nothing can stand before", None),
        ("<?xml version='1.0' encoding='latin1'?><a/>", (1, 31), "UTF-8", "<?xml version='1.0' encoding='UTF-8'?><a/>"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", (1, 14), "can't define entities", None),
        ('{"a": 1}', (1, 1), "starts with a tag", None),
        ("Hello", (1, 1), "starts with a tag", None),
        ("<a>{{Nobody}}</a>", (1, 4), "There is no column “Nobody”", None),
    ],
)
def test_what_is_no_xml_is_told_at_its_place(body: str, place: tuple[int, int], words: str, mended: str | None) -> None:
    [problem] = problems(body)
    assert problem.field == "body"
    assert (problem.line, problem.column) == place
    assert words in problem.message
    if mended:
        assert problem.edit
        edit = problem.edit
        assert body[: edit.offset] + edit.text + body[edit.offset + edit.length :] == mended


@pytest.mark.parametrize(
    "body",
    [
        "<{{A}}/>",
        "<a {{A}}='1'/>",
        "<!-- {{A}} --><a/>",
        "<?x {{A}}?><a/>",
        "{{A}}",
        "<a>&{{A}};</a>",
        "<a>&#{{A}};</a>",
    ],
)
def test_a_reference_cannot_be_part_of_the_structure(body: str) -> None:
    [problem] = problems(body)
    assert problem.message == "A reference can stand only in text and in the value of an attribute."


def test_a_document_type_without_entities_is_sent() -> None:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE cXML SYSTEM "http://x.example/cXML.dtd">\n<cXML>{{A}}</cXML>'
    )
    assert text("xml", body, "<") == body.replace("{{A}}", "&lt;")


@given(st.text())
def test_no_template_breaks_the_check(body: str) -> None:
    for candidate in (body, f"<a>{body}</a>"):
        try:
            request = sent("xml", candidate)
        except InvalidSettings as error:
            assert {problem.field for problem in error.problems} == {"body"}  # noqa: PT017  most are no XML
        else:
            assert request.body is None or ElementTree.fromstring(request.body) is not None
