"""The keys of a file's rows in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.imports import file_keys
from tables.imports.file_keys import FileKeys
from workspaces.refusals import Refused

DIGESTS = {letter: f"{number:032x}" for number, letter in enumerate("abcd")} | {"": "", "z": "f" * 32}


def keys_of(*batches: str) -> FileKeys:
    """The sort keys are 0, 10, 20 …; a space is a row without a key."""
    found, first = FileKeys(), 0
    for batch in batches:
        sort_keys = [(first + place) * 10 for place in range(len(batch))]
        found.add(sort_keys, [DIGESTS[letter.strip()] for letter in batch])
        first += len(batch)
    return found


def test_a_key_that_repeats_is_left_to_the_last_or_the_first_row() -> None:
    for keep_last, others in ((True, [0, 10, 20]), (False, [20, 50, 60])):
        keys = keys_of("aba ", "cba")
        assert list(keys.repeated(keep_last=keep_last)) == others


def test_more_keys_than_fit_in_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_keys, "MOST", 4)
    keys = keys_of("aba", "c")
    with pytest.raises(Refused, match="more than 4 rows to match by a key"):
        keys.add([50], [DIGESTS["d"]])


def test_rows_of_the_table_find_the_row_with_their_key() -> None:
    keys = keys_of("ab", " az")
    assert list(keys.repeated(keep_last=True)) == [0]
    digests = {101: DIGESTS["z"], 102: DIGESTS["a"], 103: DIGESTS["d"], 104: DIGESTS["a"]}
    assert keys.match(digests) == {101: 40, 102: 30, 104: 30}
    assert list(keys.matched()) == [30, 40]
    assert keys.match({105: DIGESTS["b"]}) == {105: 10}
    assert list(keys.matched()) == [10, 30, 40]


@given(st.text("abcdz ", max_size=30), st.booleans())
def test_each_key_has_one_row(letters: str, keep_last: bool) -> None:
    keys = keys_of(letters)
    others = list(keys.repeated(keep_last=keep_last))
    kept = {
        letter: letters.rindex(letter) if keep_last else letters.index(letter) for letter in letters if letter.strip()
    }
    assert others == [place * 10 for place, letter in enumerate(letters) if letter.strip() and place != kept[letter]]
    found = keys.match({number: DIGESTS[letter] for number, letter in enumerate("abcdz")})
    assert found == {number: kept[letter] * 10 for number, letter in enumerate("abcdz") if letter in kept}
