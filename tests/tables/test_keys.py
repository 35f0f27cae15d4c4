"""Keys of rows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tables import keys

VALUES = st.one_of(st.none(), st.text(max_size=4), st.booleans(), st.integers(), st.lists(st.integers(), max_size=2))


@given(st.lists(VALUES, min_size=1, max_size=3), st.lists(VALUES, min_size=1, max_size=3))
def test_keys_are_alike_where_all_of_their_texts_are(one: list[Any], other: list[Any]) -> None:
    for normalize in (keys.normalizer("exact"), keys.normalizer("loose")):
        texts = [[normalize(value) for value in key] for key in (one, other)]
        digests = [keys.digest(key, normalize) for key in (one, other)]
        if all(digests):
            assert (digests[0] == digests[1]) == (texts[0] == texts[1])
        assert [bool(digest) for digest in digests] == [any(key) for key in texts]


def test_capitals_and_spaces_count_unless_otherwise_chosen() -> None:
    exact, loose = keys.normalizer("exact"), keys.normalizer("loose")
    assert keys.digest(["Acme  Ltd "], loose) == keys.digest(["acme ltd"], loose)
    assert keys.digest(["STRASSE"], loose) == keys.digest(["straße"], loose)
    assert keys.digest(["Acme"], exact) != keys.digest(["acme"], exact)


def test_what_is_written_over_values_replaces_them_whole() -> None:
    before = {"1": {"a": 1}, "2": "x", "3": "y"}
    assert keys.merged(before, {"1": {"b": 2}, "3": None, "4": 0}) == {"1": {"b": 2}, "2": "x", "4": 0}
