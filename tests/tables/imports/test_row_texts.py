"""However rows are encoded, what comes back is what was in the file."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.imports.readers.sheet import Row
from tables.imports.row_texts import RowTexts
from tables.storable import storable

CELLS = st.one_of(
    st.sampled_from(["", "plain", 'a "quote"', "back\\slash", "line\nend", "%s", '","', "\x7f\u2028é😀", "\0"]),
    st.just("\ud800"),
    st.text(),
    st.none(),
    st.integers(-(2**53), 2**53),
    st.booleans(),
)


def by_hand(rows: Sequence[Row], places: Sequence[tuple[int, str]]) -> list[dict[str, object]]:
    return [
        {key: storable(row[index]) for index, key in places if index < len(row) and row[index] not in (None, "")}
        for row in rows
    ]


@given(st.lists(st.lists(CELLS, max_size=4), max_size=120))
def test_rows_of_any_values_come_back(rows: list[Row]) -> None:
    places = [(0, "7"), (2, "8"), (3, "9")]
    assert [json.loads(text) for text in RowTexts(places).of(rows)] == by_hand(rows, places)


@pytest.mark.parametrize("places", [[], [(1, "7")], [(1, "7"), (0, "8")]])
def test_columns_can_be_chosen(places: list[tuple[int, str]]) -> None:
    rows = [["a", "b", "c"], ["", "", ""], ["%s", "x"]]
    assert [json.loads(text) for text in RowTexts(places).of(rows)] == by_hand(rows, places)


def test_one_odd_value_leaves_the_others_as_they_are() -> None:
    rows = [[f"plain {number}", "x"] for number in range(200)]
    rows[70] = ['the "odd" one\\', ""]
    places = [(0, "1"), (1, "2")]
    assert [json.loads(text) for text in RowTexts(places).of(rows)] == by_hand(rows, places)
