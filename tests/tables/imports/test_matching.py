"""Keys of rows, compared like a plain dictionary of them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tables.imports import matching

VALUES = st.one_of(st.none(), st.text(max_size=4), st.booleans(), st.integers(), st.lists(st.integers(), max_size=2))


@given(st.lists(VALUES, min_size=1, max_size=3), st.lists(VALUES, min_size=1, max_size=3))
def test_keys_are_alike_where_all_of_their_texts_are(one: list[Any], other: list[Any]) -> None:
    for normalize in (matching.normalizer("exact"), matching.normalizer("loose")):
        texts = [[normalize(value) for value in key] for key in (one, other)]
        digests = [matching.digest(key, normalize) for key in (one, other)]
        if all(digests):
            assert (digests[0] == digests[1]) == (texts[0] == texts[1])
        assert [bool(digest) for digest in digests] == [any(key) for key in texts]


def test_capitals_and_spaces_count_unless_otherwise_chosen() -> None:
    exact, loose = matching.normalizer("exact"), matching.normalizer("loose")
    assert matching.digest(["Acme  Ltd "], loose) == matching.digest(["acme ltd"], loose)
    assert matching.digest(["STRASSE"], loose) == matching.digest(["straße"], loose)
    assert matching.digest(["Acme"], exact) != matching.digest(["acme"], exact)


def test_what_is_written_over_values_replaces_them_whole() -> None:
    before = {"1": {"a": 1}, "2": "x", "3": "y"}
    assert matching.merged(before, {"1": {"b": 2}, "3": None, "4": 0}) == {"1": {"b": 2}, "2": "x", "4": 0}
