"""Hosts and whole addresses from a cell, where a column allows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.template import url
from enrichment.engine.template.parameters import Filling

NAMES = {1: "Site", 2: "A"}


def called(template: str, site: object, a: object = "x", *, from_cell: bool = True) -> str:
    address, query = url.compile(template, NAMES, from_cell=from_cell).fill(Filling({1: site, 2: a}, {}))
    return f"{address}?{query}" if query else address


@pytest.mark.parametrize(
    ("template", "site", "address"),
    [
        ("{{Site}}", "https://a.example", "https://a.example/"),
        ("{{Site}}", " https://A.example/x/?q=1#part ", "https://a.example/x/?q=1"),
        ("{{Site}}", "HTTP://a.example:8080/é?b=ü", "http://a.example:8080/%C3%A9?b=%C3%BC"),
        ("{{Site}}", "a.example/x", "https://a.example/x"),
        ("{{Site}}", "a.example:8080", "https://a.example:8080/"),
        ("{{Site}}", "//a.example/x", "https://a.example/x"),
        ("{{Site}}", "http://localhost/x", "http://localhost/x"),
        ("{{Site}}", "https://bücher.example", "https://xn--bcher-kva.example/"),
        ("{{Site}}", "https://Straße.example/a/../b/%2e", "https://xn--strae-oqa.example/b/"),
        ("https://{{Site}}/x", "0x7f.1", "https://127.0.0.1/x"),
        ("https://FAß.example/v1/./{{A}}/../c/%2E%2e/", "", "https://xn--fa-hia.example/v1/"),
        ("https://127.1:8000/a//b/..", "", "https://127.0.0.1:8000/a//"),
        ("{{Site}}/about/{{A}}", "https://a.example/", "https://a.example/about/x"),
        ("{{Site}}/about", "https://a.example/en?q=1", "https://a.example/en/about?q=1"),
        ("https://{{Site}}/x", "a.example", "https://a.example/x"),
        ("https://{{Site}}:8443/x", "A.Example", "https://a.example:8443/x"),
        ("https://api.{{Site}}/{{A}}", "a.example", "https://api.a.example/x"),
        ("https://{{A}}.{{Site}}/", "a.example", "https://x.a.example/"),
    ],
)
def test_an_address_from_a_cell_is_called(template: str, site: str, address: str) -> None:
    assert called(template, site) == address


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("", "Site is empty"),
        (None, "Site is empty"),
        ("Northwind", "isn't a web address"),
        ("ftp://a.example", "must start with https:// or http://"),
        ("javascript:alert(1)", "must start with https:// or http://"),
        ("mailto:sam@a.example", "must start with https:// or http://"),
        ("https://sam:secret@a.example", "contains a user name"),
        ("https://a.example/a b", "contains a space"),
        ("https://a.example\r\nX: y", "contains a space or a control"),
        ("https://a.example:99999", "isn't a web address"),
        ("https://", "isn't a web address"),
        ("https://a_b!.example", "isn't a web address"),
    ],
)
def test_what_is_no_web_address_ends_the_row(site: object, words: str) -> None:
    with pytest.raises(RenderError, match=words) as caught:
        called("{{Site}}", site)
    assert caught.value.problem
    assert (caught.value.problem.field, caught.value.problem.reference) == ("url", "Site")


@pytest.mark.parametrize("host", ["", "a.example/x", "https://a.example", "sam@a.example", "a b", "a.example:1:2"])
def test_what_is_no_host_ends_the_row(host: str) -> None:
    with pytest.raises(RenderError, match="isn't a valid host name"):
        called("https://{{Site}}/x", host)


@pytest.mark.parametrize(
    "template", ["{{Site}}", "https://{{Site}}/x", "https://api.{{Site}}/x", "https://{{A}}.{{Site}}/x"]
)
def test_an_address_from_a_cell_takes_a_switch(template: str) -> None:
    with pytest.raises(InvalidSettings, match="turn on “Address from a cell”"):
        called(template, "a.example", from_cell=False)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{Site}}x", "write a path or a query"),
        ("{{Site}}://a.example", "write a path or a query"),
        ("https://sam@{{Site}}/", "a host can contain only letters"),
        ("ftp://{{Site}}/", "Start the address with https:// or http://"),
    ],
)
def test_what_stands_around_the_reference_is_checked_on_save(template: str, words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        called(template, "a.example")


@given(site=st.text(max_size=40), a=st.text(max_size=10))
def test_no_cell_can_change_what_stands_behind_it(site: str, a: str) -> None:
    """The path of the column comes last, and only a host and a port come before it."""
    try:
        address = called("https://{{Site}}/v1/{{A}}/end", site, a)
    except RenderError:
        return
    scheme, _, host, *path = address.split("/")
    assert (scheme, path[0], path[-1]) == ("https:", "v1", "end")
    assert not set("@?#\\ ") & set(host)


@pytest.mark.parametrize(
    ("host", "allowed", "matches"),
    [
        ("a.example", {"a.example"}, True),
        ("A.example", {"a.example"}, True),
        ("b.a.example", {"a.example"}, False),
        ("b.a.example", {"*.a.example"}, True),
        ("a.example", {"*.a.example"}, False),
        ("evila.example", {"*.a.example"}, False),
    ],
)
def test_a_star_allows_the_hosts_below(host: str, allowed: set[str], matches: bool) -> None:
    assert url.matches(host, allowed) is matches


PIECES = [
    "https://",
    "http:",
    "{{Site}}",
    "{{Sit}}",
    "{{A}}",
    "sam@",
    "a.example",
    ":80",
    "/",
    "?a=",
    "&",
    "\n",
    "\t",
    " ",
    "ü",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.booleans())
def test_every_fix_removes_its_problem(template: str, from_cell: bool) -> None:
    for problem in problems_of(template, from_cell):
        if edit := problem.edit:
            mended = template[: edit.offset] + edit.text + template[edit.offset + edit.length :]
            before = [item.message for item in problems_of(template, from_cell)]
            after = [item.message for item in problems_of(mended, from_cell)]
            assert after.count(problem.message) < before.count(problem.message)


def problems_of(template: str, from_cell: bool) -> list[Problem]:
    try:
        url.compile(template, NAMES, from_cell=from_cell)
    except InvalidSettings as error:
        return error.problems
    return []


@pytest.mark.parametrize("step", [".", "..", "%2e", ".%2E", " .. "])
def test_a_cell_cannot_climb(step: str) -> None:
    for template in ("https://a.example/v1/{{A}}/x", "https://a.example/v1/.{{A}}", "{{Site}}/{{A}}"):
        try:
            address = called(template, "https://a.example", step)
        except RenderError:
            continue
        assert ".." not in [part.strip() for part in address.replace("%2e", ".").replace("%2E", ".").split("/")]
        assert address.startswith("https://a.example/")
