"""JSON lists and lines."""

import json
from typing import Any

import pytest

from tables.imports.readers import json_text
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
        (b'{"a": ', ".json", "Line 1 is not valid JSON"),
        (b"7", ".json", "must hold a list"),
        (b"[]", ".json", "no rows"),
        (b"[{}]", ".json", "no fields"),
        (b'[{"Price": NaN}]', ".json", "NaN is not a JSON number"),
        (b'[{"a": "\xff"}]', ".json", "not UTF-8"),
        (b"[" * 100_000, ".json", "not valid JSON"),
        (b'[\n{"a": %b1%b}]' % (b"[" * 201, b"]" * 201), ".json", "Line 2 has a value that is nested more than 200"),
        (b'{"a": 1}\n{"a": \n', ".jsonl", "Line 2 is not valid JSON"),
        (b'[{"a": 1}, {"a": ]', ".json", "Line 1 is not valid JSON"),
        (b'[\n{"a": 1},\n{"a" 1}\n]', ".json", "Line 3 is not valid JSON"),
        (b'[{"a": 1}]\n7', ".json", "Line 2 begins another value"),
    ],
)
def test_json_that_is_no_table_is_refused_with_the_place(content: bytes, suffix: str, words: str, read: Any) -> None:
    with pytest.raises(Refused, match=words):
        read(content, suffix)


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b'{"a": 1}\n{"a": 2}\n', ".json"),
        (b'[{"a": 1}, {"a": 2}]', ".jsonl"),
        (b'[\n{"a": 1},\n{"a": 2}\n]', ".ndjson"),
        (b'\n{"a": 1}\n\n{"a": 2}', ".ndjson"),
        ('[{"a": 1}, {"a": 2}]'.encode("utf-16"), ".json"),
        (b'\xef\xbb\xbf[{"a": 1}, {"a": 2}]', ".json"),
    ],
)
def test_lists_and_lines_are_read_under_either_name(content: bytes, suffix: str, read: Any) -> None:
    assert read(content, suffix)[:2] == (["a"], [[1], [2]])


def test_a_field_of_the_last_object_is_a_column(read: Any) -> None:
    items = [{"a": 1}] * 3000 + [{"b": 2}]
    columns, rows, _ = read(json.dumps(items).encode(), ".json")
    assert (columns, rows[-1]) == (["a", "b"], [None, 2])


def test_lists_inside_an_object_are_offered(read: Any) -> None:
    content = b'{"page": 1, "data": {"items": [{"a": 1}, {"a": 2}], "tags": ["x"]}}'
    columns, rows, sheet = read(content, ".json")
    assert (columns, rows, sheet.list_path) == (["a"], [[1], [2]], "data.items")
    assert [(choice.name, choice.rows) for choice in sheet.lists] == [("data.items", 2), ("data.tags", 1), ("$", 1)]
    assert [warning.message for warning in sheet.warnings] == [
        "“page” stands beside the list and is not read.",
        "The list “data.items” is read. The file also has “data.tags”: choose one, or import each.",
    ]
    assert read(content, ".json", list_path="data.tags")[:2] == (["Value"], [["x"]])
    assert read(content, ".json", list_path="$")[0] == ["page", "data"]
    with pytest.raises(Refused, match=r"There is no list “x” in the file\. There are: data\.items, data\.tags"):
        read(content, ".json", list_path="x")


def test_objects_inside_are_spread_where_that_is_chosen(read: Any) -> None:
    content = b'[{"name": "Sam", "address": {"city": "Oslo", "geo": {"lat": 1}}}, {"address": {"zip": "0042"}}]'
    assert read(content, ".json")[0] == ["name", "address"]
    columns, rows, _ = read(content, ".json", spread=True)
    assert columns == ["name", "address.city", "address.geo.lat", "address.zip"]
    assert rows == [["Sam", "Oslo", 1, None], [None, None, None, "0042"]]


def test_lists_of_lists_are_rows_and_lists_of_values_a_column(read: Any) -> None:
    assert read(b'[["Name", "Age"], ["Sam", 3], ["Ola", 4]]', ".json")[:2] == (
        ["Name", "Age"],
        [["Sam", 3], ["Ola", 4]],
    )
    assert read(b'["Name", "Age"]\n["Sam", 3]\n', ".jsonl")[:2] == (["Name", "Age"], [["Sam", 3]])
    assert read(b"[1, 2]", ".json")[:2] == (["Value"], [[1], [2]])


def test_what_is_no_object_among_objects_is_rejected(read: Any) -> None:
    _, rows, sheet = read(b'[{"a": 1}, 7, {"a": 2}]', ".json")
    assert (rows, [(row.line, list(row.row)) for row in sheet.rejected]) == ([[1], [2]], [(2, [7])])


def test_keys_that_make_the_same_name_keep_their_values(read: Any) -> None:
    content = json.dumps([{"x" * 200 + "a": 1, "x" * 200 + "b": 2, "k\0": 3, "k": 4}]).encode()
    columns, rows, sheet = read(content, ".json")
    assert (len(set(columns)), rows, len(sheet.warnings)) == (4, [[1, 2, 3, 4]], 4)
    assert read(b'[{"a": 1, "a": 2}]', ".json")[:2] == (["a", "a 2"], [[1, 2]])


def test_values_may_end_anywhere_in_what_is_read_at_once(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_BLOCK", 1)
    items: list[dict[str, Any]] = [{"a": "é\\n", "b": [1234, True, None, {"c": 1.5}]}, {"a": "", "b": -12}]
    assert read(json.dumps(items).encode(), ".json")[1] == [list(item.values()) for item in items]
    assert read(json.dumps({"d": {"e": items}}, ensure_ascii=False).encode(), ".json")[1] == [
        list(item.values()) for item in items
    ]


def test_lines_are_counted_also_past_what_is_read_at_once(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.imports.readers.json_text._BLOCK", 64)
    written = "".join(f'{{"a": {number}}}\n' + "\n" * (number % 3) for number in range(200))
    written += '{"a": \n'
    line = written.count("\n")
    with pytest.raises(Refused, match=f"Line {line} is not valid JSON"):
        read(written.encode(), ".jsonl")
    _, rows, sheet = read(written[: written.rindex("{")].encode() + b'[1]\n{"a": 2}\n', ".jsonl")
    assert (len(rows), sheet.warnings[0].line) == (201, line)
