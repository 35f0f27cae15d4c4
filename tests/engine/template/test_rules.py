"""The rules of the request language by their numbers: references, paths, body, removal, URL and headers.

`!` before the expected words: refused when saved; `?`: the row ends with it; `~`: a warning, and it goes through.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from enrichment.engine.errors import Edit, InvalidSettings, Problem, RenderError
from enrichment.engine.template import paths, references, request
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Names, Reason, Unavailable

NAMES = Names({1: "A", 2: "Zip", 3: "A.b", 4: "Profile", 5: "odd } \\ name", 6: "Café"}, {9: "Old"})
COMPANY = {"name": "Smith", "address": {"city": "Utrecht"}, "a.b": 1, "tags": ["x", "y"], "none": None}


def compiled(field: str, template: str) -> request.RequestTemplate:
    config: dict[str, Any] = {"method": "POST", "url": "https://api.example/", "remove_null": field.endswith("-")}
    name = field.rstrip("-")
    if name in ("url", "body"):
        config[name] = template
    else:
        config[name] = [{"name": "X", "value": template}]
    return request.compile(config, NAMES)


def shown(field: str, template: str, row: dict[int, object]) -> str:
    """What stands at the field in the request."""
    sent = compiled(field, template).render(row).request
    if field.startswith("body"):
        return (sent.body or b"").decode()
    if field.startswith("headers"):
        return dict(sent.headers).get("X", "none")
    return sent.url.removeprefix("https://api.example")


BODY = [
    # references
    ("1.1 exact", '["{{A}}"]', {1: "x"}, '["x"]'),
    ("1.1 case", '["{{a}}"]', {}, "!There is no column “a”"),
    ("1.1 trimmed", '["{{ A }}"]', {1: "x"}, '["x"]'),
    ("1.1 nfc", '["{{Cafe\u0301}}"]', {6: "x"}, '["x"]'),
    ("1.1 escapes", '["{{odd \\} \\\\ name}}"]', {5: "x"}, '["x"]'),
    ("1.1 innermost", '["${{{A}}}"]', {1: "x"}, '["${x}"]'),
    ("1.2 by id", '["{{@1}}"]', {1: "x"}, '["x"]'),
    ("1.2 deleted", '["{{@9}}"]', {}, "!The column “Old” was deleted"),
    ("1.3 path", '["{{Profile.address.city}}"]', {4: COMPANY}, '["Utrecht"]'),
    ("1.3 exact name wins", '["{{A.b}}"]', {1: {"b": 1}, 3: "x"}, '["x"]'),
    ("1.3 longest name", '["{{A.b.c}}"]', {1: {"b": {"c": 1}}, 3: {"c": 2}}, '["2"]'),
    ("1.3 bracket", '["{{Profile[\\"a.b\\"]}}"]', {4: COMPANY}, "!"),
    ("1.3 bracket out of quotes", '[{{Profile["a.b"]}}]', {4: COMPANY}, "[1]"),
    ("1.4 secret", '["{{secret.key}}"]', {}, "!Secrets can only be used in a connection"),
    # body
    ("3.1 whole value", '{"a": {{A}}}', {1: "1"}, '{"a": 1}'),
    ("3.1 part of text", '{"a": "x {{A}} y"}', {1: "1"}, '{"a": "x 1 y"}'),
    ("3.1 part of key", '{"k{{A}}": 1}', {1: "1"}, '{"k1": 1}'),
    ("3.1 beside a number", '{"a": {{A}}0}', {}, '!{"a": "{{A}}0"}'),
    ("3.1 beside text", '{"a": Hi {{A}}}', {}, '!{"a": "Hi {{A}}"}'),
    ("3.1 unquoted key", "{a: 1}", {}, '!{"a": 1}'),
    ("3.2 text", '["{{A}}"]', {1: 'a"\\\n\x00é'}, '["a\\"\\\\\\n\\u0000é"]'),
    ("3.2 number", '["{{A}}"]', {1: 12345678901234567890}, '["12345678901234567890"]'),
    ("3.2 shortest number", '["{{A}}"]', {1: 3.0}, '["3"]'),
    ("3.2 boolean", '["{{A}}"]', {1: True}, '["true"]'),
    ("3.2 date", '["{{A}}"]', {1: date(2026, 1, 2)}, '["2026-01-02"]'),
    ("3.2 instant", '["{{A}}"]', {1: datetime(2026, 1, 2, 3, tzinfo=UTC)}, '["2026-01-02T03:00:00Z"]'),
    ("3.2 object", '["{{A}}"]', {1: {"c": [1]}}, '?["{{A.c[0]}}"]'),
    ("3.2 object without quotes", '["{{Profile}}"]', {4: {"b": 1}}, "?[{{Profile}}]"),
    ("3.2 object in mixed text", '["a {{Profile}}"]', {4: {"b": 1}}, '?["a {{Profile.b}}"]'),
    ("3.2 object in a key", '{"k{{A}}": 1}', {1: {"c": 1}}, "?A holds an object. Choose a field: c"),
    ("3.2 list", '["{{A}}"]', {1: ["x"]}, '?["{{A[0]}}"]'),
    ("3.2 nothing", '["{{A}}{{Zip}}{{Profile.none.x}}"]', {1: None, 2: "", 4: COMPANY}, '[""]'),
    ("3.3 number", "[{{A}}]", {1: 3.5}, "[3.5]"),
    ("3.3 boolean", "[{{A}}]", {1: False}, "[false]"),
    ("3.3 object", "[{{A}}]", {1: {"b": [1]}}, '[{"b":[1]}]'),
    ("3.3 nothing", "[{{A}}, {{Zip}}, {{Profile.no}}]", {1: None, 2: "", 4: COMPANY}, "[null, null, null]"),
    ("3.3 date", "[{{A}}]", {1: date(2026, 1, 2)}, '?["{{A}}"]'),
    ("3.3 nan", "[{{A}}]", {1: float("nan")}, "?isn't a number"),
    ("3.3 overflow", "[{{A}}]", {1: "1e999"}, "?"),
    ("3.4 as written", "[{{A}}]", {1: " 1.10 "}, "[1.10]"),
    ("3.4 any size", "[{{A}}]", {1: "123456789012345678901234"}, "[123456789012345678901234]"),
    ("3.4 boolean in any case", "[{{A}}]", {1: "True"}, "[true]"),
    ("3.4 null", "[{{A}}]", {1: "null"}, "[null]"),
    ("3.4 leading zeros", "[{{Zip}}]", {2: "0042"}, '?["{{Zip}}"]'),
    ("3.4 thousands", "[{{A}}]", {1: "1,200"}, '?["{{A}}"]'),
    ("3.4 sign", "[{{A}}]", {1: "+5"}, '?["{{A}}"]'),
    ("3.4 text", "[{{A}}]", {1: "Sam"}, '?["{{A}}"]'),
    ("3.4 looks like JSON", "[{{A}}]", {1: '{"a": 1}'}, '?["{{A}}"]'),
    ("3.5 empty key", '{"{{A}}": 1}', {1: ""}, "?is empty, and a key can't be"),
    ("3.5 literal twice", '{"a": 1, "a": 2}', {}, "~appears twice"),
    ("3.5 twice by the row", '{"a": 1, "{{A}}": 2}', {1: "a"}, "?twice"),
    ("3.6 literal braces", '["\\u007b{A}}"]', {1: "x"}, '["{{A}}"]'),
    ("3.6 half a pair", '["{{A}}"]', {1: "\ud800"}, '["�"]'),
    ("3.6 depth", "[" * 101 + "]" * 101, {}, "!"),
    ("3.6 size", '["{{A}}"]', {1: "x" * 11_000_000}, "?large"),
    ("3.7 failed cell", "[{{A}}]", {1: Unavailable("A", Reason.FAILED)}, "?A has no result"),
    ("3.8 bom", "\ufeff[1]", {}, "![1]"),
    ("3.8 nbsp between", "[\u00a01]", {}, "![ 1]"),
    ("3.8 nbsp inside", '["a\u00a0b"]', {}, '~["a b"]'),
    ("3.8 zero width", "[\u200b1]", {}, "![1]"),
    ("3.8 smart quotes", "[“a”]", {}, '!["a"]'),
    ("3.8 full width", "［1］", {}, "![1]"),
    ("3.8 single quotes", "['a']", {}, '!["a"]'),
    ("3.8 unquoted text", "[abc]", {}, '!["abc"]'),
    ("3.8 line comment", "[1 // one\n]", {}, "!comment"),
    ("3.8 trailing comma", "[1,]", {}, "![1]"),
    ("3.8 missing comma", "[1 2]", {}, "![1, 2]"),
    ("3.8 double comma", "[1,,2]", {}, "![1,2]"),
    ("3.8 equals", '{"a"= 1}', {}, '!{"a": 1}'),
    ("3.8 semicolon", "[1; 2]", {}, "![1, 2]"),
    ("3.8 True", "[True]", {}, "![true]"),
    ("3.8 None", "[None]", {}, "![null]"),
    ("3.8 undefined", "[undefined]", {}, "![null]"),
    ("3.8 NaN", "[NaN]", {}, "!"),
    ("3.8 leading zeros", "[007]", {}, '!["007"]'),
    ("3.8 line break", '["a\nb"]', {}, '!["a\\nb"]'),
    ("3.8 tab", '["a\tb"]', {}, '!["a\\tb"]'),
    ("3.8 bad escape", '["\\q"]', {}, "!"),
    ("3.8 unclosed quote", '["a]', {}, "!"),
    ("3.8 unclosed bracket", "[1", {}, "![1]"),
    ("3.8 wrong bracket", "[1}", {}, "![1]"),
    ("3.8 behind the end", "[1] x", {}, "!"),
]
CLEANED = [
    ("4.1 null", '{"a": null, "b": 1}', {}, '{"b": 1}'),
    ("4.1 at any depth", '{"a": {"b": [{"c": {{A}}, "d": 1}]}}', {}, '{"a": {"b": [{"d": 1}]}}'),
    ("4.1 empty text", '{"a": "", "b": 1}', {}, '{"b": 1}'),
    ("4.1 only references and spaces", '{"a": "{{A}} {{Zip}}", "b": 1}', {1: "", 2: None}, '{"b": 1}'),
    ("4.1 text beside stays", '{"a": "x {{A}}"}', {1: ""}, '{"a": "x "}'),
    ("4.2 upward", '{"a": {"b": {"c": {{A}}}}, "d": 1}', {}, '{"d": 1}'),
    ("4.2 root", '{"a": {{A}}}', {}, "{}"),
    ("4.3 zero, false, space", '{"a": 0, "b": false, "c": " "}', {}, '{"a": 0, "b": false, "c": " "}'),
    ("4.3 empty ones", '{"a": {}, "b": []}', {}, '{"a": {}, "b": []}'),
    ("4.4 lists", "[1, {{A}}, null]", {}, "[1, null, null]"),
    ("4.5 values", '{"a": {{A}}}', {1: {"x": None, "y": 1}}, '{"a": {"y":1}}'),
    ("4.5 in quotes", '{"a": "{{A}}"}', {1: {"x": None}}, "?A holds an object without a value to send"),
]
OUTSIDE = [
    ("5 unreserved", "url", "https://api.example/{{A}}", {1: "a b/c~é"}, "/a%20b%2Fc~%C3%A9"),
    ("5 query value", "url", "https://api.example/?q={{A}}", {1: "a&b=c"}, "/?q=a%26b%3Dc"),
    ("5 empty segment", "url", "https://api.example/{{A}}", {1: ""}, "?is empty"),
    ("5 dots", "url", "https://api.example/{{A}}", {1: ".."}, "?would lead somewhere else"),
    ("5 list", "query", "{{A}}", {1: ["x", "y"]}, "/?X=x&X=y"),
    ("5 object in the path", "url", "https://api.example/{{A}}", {1: {"id": 7}}, "?https://api.example/{{A.id}}"),
    ("5 list in the path", "url", "https://api.example/{{A}}", {1: [7]}, "?https://api.example/{{A[0]}}"),
    ("5 object in the query", "query", "{{A}}", {1: {"id": 7}}, "?{{A.id}}"),
    ("5 object in the query of the URL", "url", "https://api.example/?q={{A}}", {1: {"id": 7}}, "?={{A.id}}"),
    ("5 list of objects", "query", "{{A}}", {1: [{"id": 7}]}, "?{{A[0].id}}"),
    ("5 list beside text", "query", "x {{A}}", {1: [7]}, "?x {{A[0]}}"),
    ("5 list as a name", "url", "https://api.example/?{{A}}=1", {1: [7]}, "?https://api.example/?{{A[0]}}=1"),
    ("5 object in the host", "url", "https://{{A}}.acme.example/", {1: {"id": 7}}, "?https://{{A.id}}.acme.example/"),
    ("5 object in a header", "headers", "{{A}}", {1: {"id": 7}}, "?{{A.id}}"),
    ("5 list in a header", "headers", "a {{A}}", {1: ["x"]}, "?a {{A[0]}}"),
    ("5 merged", "url", "https://api.example/?a=1&b={{A}}", {1: "2"}, "/?a=1&b=2"),
    ("5 scheme", "url", "{{A}}://api.example/", {}, "!Start the address with https:// or http://"),
    ("5 port", "url", "https://api.example:{{A}}/", {}, "!a reference can only be the first label"),
    ("5 user", "url", "https://{{A}}@api.example/", {}, "!a reference can only be the first label"),
    ("5 label", "url", "https://{{A}}.acme.example/", {1: "Nord-1"}, "https://nord-1.acme.example/"),
    ("5 no label", "url", "https://{{A}}.acme.example/", {1: "a.b"}, "?can't be part of a host name"),
    ("5 whole host", "url", "https://{{A}}/", {}, "!turn on “Address from a cell”"),
    ("5 brackets stay", "url", "https://api.example/?f[a][_eq]={{A}}", {1: "[x]"}, "/?f[a][_eq]=%5Bx%5D"),
    ("5 trimmed header", "headers", " {{A}} ", {1: " x "}, "x"),
    ("5 control character", "headers", "{{A}}", {1: "a\r\nb"}, "?control character"),
    ("5 header beyond ASCII", "headers", "{{A}}", {1: "é"}, "é"),
    ("4.1 query", "query-", "{{A}}", {1: ""}, "/"),
    ("4.1 header", "headers-", "{{A}}", {1: ""}, "none"),
]
RULES = [
    *((name, "body", *rest) for name, *rest in BODY),
    *((name, "body-", *rest) for name, *rest in CLEANED),
    *OUTSIDE,
]


def mended(template: str, edit: Edit) -> str:
    return template[: edit.offset] + edit.text + template[edit.offset + edit.length :]


def told(template: str, problems: list[Problem]) -> list[str]:
    """What a person can read or get by clicks: the words, and the template with each fix, and with all of them."""
    edits = [problem.edit for problem in problems if problem.edit]
    whole = template
    for edit in sorted(edits, key=lambda one: -one.offset):
        whole = mended(whole, edit)
    words = [f"{problem.message} {problem.fix or ''}" for problem in problems]
    offered = [*edits, *(choice for problem in problems for choice in problem.choices)]
    return [*words, *(mended(template, edit) for edit in offered), whole]


@pytest.mark.parametrize(
    ("field", "template", "row", "expected"), [pytest.param(*rule[1:], id=str(rule[0])) for rule in RULES]
)
def test_rule(field: str, template: str, row: dict[int, object], expected: str) -> None:
    sign, words = expected[:1], expected[1:]
    if sign == "!":
        with pytest.raises(InvalidSettings) as caught:
            compiled(field, template)
        problems = caught.value.problems
        assert any(words in text for text in told(template, problems)), told(template, problems)
        assert all(problem.offset is not None for problem in problems)
    elif sign == "?":
        with pytest.raises(RenderError) as failed:
            shown(field, template, row)
        problem = failed.value.problem
        assert any(words in text for text in told(template, [problem] if problem else [Problem(failed.value.message)]))
    elif sign == "~":
        warnings = list(compiled(field, template).warnings)
        assert any(words in text for text in told(template, warnings)), told(template, warnings)
        assert shown(field, template, row)
    else:
        assert shown(field, template, row) == expected


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE"])
def test_rule_5_headers_that_marl_sets_are_refused(name: str) -> None:
    config = {"method": "GET", "url": "https://api.example/", "headers": [{"name": name, "value": "x"}]}
    with pytest.raises(InvalidSettings, match=f"Marl sets {name} itself"):
        request.compile(config, NAMES)


def test_rule_5_names_of_headers_are_literal() -> None:
    config = {"method": "GET", "url": "https://api.example/", "headers": [{"name": "{{A}}", "value": "x"}]}
    with pytest.raises(InvalidSettings, match="can't come from a column"):
        request.compile(config, NAMES)


def test_rule_1_2_a_rename_changes_what_is_shown_alone() -> None:
    stored = references.to_stored('["{{Profile.address.city}}"]', NAMES)
    assert stored == '["{{@4.address.city}}"]'
    assert references.to_shown(stored, {4: "Company"}) == '["{{Company.address.city}}"]'


def test_rule_3_8_up_to_fifty_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        compiled("body", json.dumps(["x"] * 80).replace('"', "'"))
    assert len(caught.value.problems) == 50


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("address.city", "Utrecht"),
        ("tags[0]", "x"),
        ("tags[-1]", "y"),
        ("tags.0", "x"),
        ("list[*].n", [1, 2]),
        ("two words", 3),
        ("with-hyphen", 4),
        ("a\\.b", 1),
        ('["a.b"]', 1),
        ("none", None),
        ("missing", MISSING),
        ("$.list[?@.n > 1].n", [2]),
        ("$['a.b']", 1),
    ],
)
def test_rule_2_paths(path: str, found: object) -> None:
    value = COMPANY | {"list": [{"n": 1}, {"n": 2}], "two words": 3, "with-hyphen": 4}
    assert paths.compile(path).get(value) == found


@pytest.mark.parametrize("path", ["$[?match(@.a, 'x')]", "$[?search(@.a, 'x')]", "a[", "$."])
def test_rule_2_what_could_hang_or_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidSettings):
        paths.compile(path)


def test_rule_2_several_paths_keep_the_nesting_as_lodash_does() -> None:
    wanted = [paths.compile(path) for path in ("address.city", "tags[1]")]
    assert paths.pick(COMPANY, wanted) == {"address": {"city": "Utrecht"}, "tags": [None, "y"]}
