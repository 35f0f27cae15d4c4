"""The address in the settings after an API has moved it: references stay, and a doubtful one is left to the user."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.template import moved, request

NAMES = {1: "Id", 2: "Site"}
VALUES: dict[int, object] = {1: "1", 2: "acme"}

MOVED = [
    # the settings, where the API moved it, the new settings
    ("https://api.example/contacts", "https://api.example/contacts/", "https://api.example/contacts/"),
    ("http://api.example/contacts", "https://api.example/contacts", "https://api.example/contacts"),
    ("https://api.example", "https://www.api.example/", "https://www.api.example/"),
    ("https://api.example/v1/c/{{Id}}", "https://api.example/v1/c/1/", "https://api.example/v1/c/{{Id}}/"),
    ("http://api.example/v1/{{Id}}/x", "https://api.example/v2/1/x", "https://api.example/v2/{{Id}}/x"),
    ("https://{{Site}}.a.example/a", "https://acme.a.example/b", "https://{{Site}}.a.example/b"),
    ("https://{{Site}}.a.example", "https://acme.a.example/b", "https://{{Site}}.a.example/b"),
    ("https://a.example/{{Id}}?f={{Id}}", "https://b.example/1?f=1", "https://b.example/{{Id}}?f={{Id}}"),
    ("https://a.example/c?f={{Id}}", "https://a.example/c/", "https://a.example/c/?f={{Id}}"),
    ("https://a.example/größe", "https://a.example/gr%C3%B6%C3%9Fe/", "https://a.example/gr%C3%B6%C3%9Fe/"),
    ("https://a.example/c", "https://a.example/d?lang=en", "https://a.example/d?lang=en"),
]


def sent(text: str) -> str:
    return request.compile({"method": "POST", "url": text}, NAMES).render(VALUES).request.url


@pytest.mark.parametrize(("text", "moved_to", "expected"), MOVED)
def test_what_changed_is_changed_and_references_stay(text: str, moved_to: str, expected: str) -> None:
    assert moved.address(text, NAMES, VALUES, sent(text), moved_to) == expected
    assert sent(expected).partition("?")[0] == moved_to.partition("?")[0]


@pytest.mark.parametrize(
    ("text", "moved_to"),
    [
        ("https://a.example/c/{{Id}}", "https://a.example/people"),
        ("https://a.example/c/{{Site}}", "https://a.example/c/7f3a"),
        ("https://a.example/c?f=1", "https://a.example/c/?f=2"),
        ("https://a.example/c", "https://a.example/{{Id}}"),
        ("https://a.example/größe/{{Id}}", "https://a.example/gr%C3%B6%C3%9Fe/1/"),
    ],
)
def test_a_reference_that_is_not_found_again_is_left_to_the_user(text: str, moved_to: str) -> None:
    assert moved.address(text, NAMES, VALUES, sent(text), moved_to) is None


@given(st.text("/a1", max_size=6), st.text("/a1", max_size=6), st.text("/a1.%", max_size=12))
def test_the_new_address_leads_to_where_it_was_moved(before: str, after: str, there: str) -> None:
    text, moved_to = f"https://a.example/{before}{{{{Id}}}}{after}", f"https://b.example/{there}"
    if (found := moved.address(text, NAMES, VALUES, sent(text), moved_to)) is not None:
        assert "{{Id}}" in found
        assert found.replace("{{Id}}", "1") == moved_to
