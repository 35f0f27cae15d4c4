"""JSON lists and lines."""

import json
from typing import Any

import pytest

from workspaces.refusals import Refused


def test_json_and_json_lines_are_read(read: Any) -> None:
    items = [{"name": "Sam", "tags": ["a"]}, {"name": "Ola", "size": 3}]
    expected = (["name", "tags", "size"], [["Sam", ["a"], None], ["Ola", None, 3]])
    assert read(json.dumps(items).encode(), ".json")[:2] == expected
    assert read("\n".join(map(json.dumps, items)).encode(), ".jsonl")[:2] == expected


def test_the_only_list_inside_an_object_is_read(read: Any) -> None:
    assert read(b'{"total": 1, "items": [{"name": "Sam"}]}', ".json")[1] == [["Sam"]]
    assert read(b'{"name": "Sam"}', ".json")[1] == [["Sam"]]


def test_numbers_keep_their_digits(read: Any) -> None:
    content = b'[{"Price": 1.10, "Rate": 2.5, "Id": 12345678901234567890}]'
    assert read(content, ".json")[1] == [["1.10", 2.5, 12345678901234567890]]


def test_fields_that_become_the_same_name_are_told_apart(read: Any) -> None:
    assert read(b'[{"a b": 1, "a  b": 2}]', ".json")[:2] == (["a b", "a b 2"], [[1, 2]])


def test_what_no_database_takes_is_left_out(read: Any) -> None:
    content = rb'[{"text": "a\u0000b", "nested": {"half\ud800": ["\u0000"]}, "pair": "\ud83d\ude00"}]'
    assert read(content, ".json")[1] == [["ab", {"half�": [""]}, "😀"]]


@pytest.mark.parametrize(
    ("content", "suffix", "words"),
    [
        (b'{"a": ', ".json", "The file is not valid JSON"),
        (b"[1, 2]", ".json", "Item 1 of the list is not an object"),
        (b"7", ".json", "must hold a list"),
        (b"[]", ".json", "no rows"),
        (b"[{}]", ".json", "no fields"),
        (b'[{"Price": NaN}]', ".json", "NaN is not a JSON number"),
        (b'[{"a": "\xff"}]', ".json", "not UTF-8"),
        (b"[" * 100_000, ".json", "not valid JSON"),
        (b'{"a": 1}\n{"a": \n', ".jsonl", "Line 2 is not valid JSON"),
        (b'{"a": 1}\n\n3\n', ".jsonl", "Line 3 is not an object"),
    ],
)
def test_json_that_is_no_table_is_refused_with_the_place(content: bytes, suffix: str, words: str, read: Any) -> None:
    with pytest.raises(Refused, match=words):
        read(content, suffix)
