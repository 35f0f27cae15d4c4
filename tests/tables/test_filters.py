"""Every filter finds the rows that a plain predicate finds, on either database."""

import json
import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from tables import catalog, columns, duplicates, key_matches, rows, storage, summaries
from tables.alike_rows import Criteria
from tables.filters import DEEPEST, MOST
from tables.keys import digest, normalizers
from tables.models import Cell, CellState, Column, Row, Table
from tables.row_queries import View
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS: list[str | None] = [
    *("Utrecht", "utrecht", "Utrecht 2", "ut", "0042", "42", "42.0", "-7", ".5", "5.", "1e2", "100", "1e400", "1e"),
    *("5-3", "+-1", "--2", "1.2.3", "e5", ".e5", "100%", "a_b", 'the "odd" one', "back\\slash", "two\nlines"),
    *("é日本", "e\u0301日本", "", "2026-01-31", "null", "true", "'; DROP TABLE tables_row; --", None, None),
    *("a\u0308", "\u00c4", "a", "Kiel;`", "\u212aiel\u037e\u1fef", "kiel", "\u0130ki\u017f", "\u0131", "I"),
    *("RA\u1e9eE", "ra\u00dfe", "rasse"),
    *("\u039f\u03b4\u03bf\u03c3", "\u03bf\u03b4\u03bf\u03c2", "x\u030c", "=\u0338", "="),
]
LONG = ["12345678901234567", "12345678901234568", "12345678901234567.0", "12345678901234567890123", "1e2", "-1e22"]
LONG += ["10000000000000000000001", "100.00000000000000001", "100.00000000000000000", "9007199254740993", "1e22"]
NUMBERS = ["1", "1.0", "2", "-3.5", ".5", "1e2", "100", "99.99", "007", "many", "1e400", "", None, *LONG]
DAYS = {  # and the first and the last moment of each
    "2026-01-31": ("2026-01-31 00:00:00", "2026-01-31 23:59:59.999999"),
    "2026-01-31T00:00:00": ("2026-01-31 00:00:00",) * 2,
    "2026-01-31T10:30:00": ("2026-01-31 10:30:00",) * 2,
    "2026-01-31T10:30:00.500000": ("2026-01-31 10:30:00.500000",) * 2,
    "2026-01-31T15:30:00+05:00": ("2026-01-31 10:30:00",) * 2,
    "2026-01-31 05:30-05:00": ("2026-01-31 10:30:00",) * 2,
    "2026-02-01T03:00:00+05:00": ("2026-01-31 22:00:00",) * 2,
    "2026-01-31T23:30:00-08:00": ("2026-02-01 07:30:00",) * 2,
    "2026-01-31T10:30:00Z": ("2026-01-31 10:30:00",) * 2,
    "2025-12-31": ("2025-12-31 00:00:00", "2025-12-31 23:59:59.999999"),
    "2026-02-01": ("2026-02-01 00:00:00", "2026-02-01 23:59:59.999999"),
    "0001-01-01": ("0001-01-01 00:00:00", "0001-01-01 23:59:59.999999"),
    "9999-12-31": ("9999-12-31 00:00:00", "9999-12-31 23:59:59.999999"),
}
DATES = [*DAYS, "soon", "2026-02-30T10:00", "0001-01-01T01:00:00+05:00", "", None]
TRUTHS = [True, False, None]
POOLS: dict[str, Sequence[str | bool | None]] = {
    "Name": TEXTS,
    "Size": NUMBERS,
    "Day": DATES,
    "Active": TRUTHS,
    "Found": TEXTS,
}
OPS = {
    **dict.fromkeys(("eq", "ne", "contains", "not_contains", "starts_with", "ends_with"), "one"),
    **dict.fromkeys(("gt", "gte", "lt", "lte"), "ordered"),
    "between": "two",
    "one_of": "some",
    "not_one_of": "some",
    "empty": "none",
    "not_empty": "none",
}
OPPOSITES = {"ne": "eq", "not_contains": "contains", "not_one_of": "one_of", "not_empty": "empty"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d\d?)?", re.ASCII)

type Values = Mapping[str, str | bool | None]


def as_text(value: str | bool | None) -> str | None:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return str(value).lower() if isinstance(value, bool) else value


def as_number(text: str | None) -> Decimal | None:
    return Decimal(text) if text and NUMBER.fullmatch(text) else None


def keys(column: str, op: str, text: str | None, values: Sequence[str]) -> tuple[Any, list[Any]]:
    """What is compared: numbers where both sides are, in number columns and by size in others."""
    numbers = [as_number(value) for value in values]
    if None not in numbers and (column == "Size" or op not in ("eq", "one_of")):
        return as_number(text), numbers
    return text, list(map(as_text, values))


def ordered(column: str, bounds: Sequence[str]) -> list[str]:
    """Returns the lower bound first, as they are compared."""
    if column == "Day" and all(bound in DAYS for bound in bounds):
        return sorted(bounds, key=lambda bound: DAYS[bound][0])
    numbers = [as_number(bound) for bound in bounds]
    return sorted(bounds, key=lambda bound: str(as_text(bound))) if None in numbers else sorted(bounds, key=Decimal)


def holds_when(text: str | None, op: str, values: Sequence[str]) -> bool:
    """Whether the moment compares so with days, each of which is all that it holds, or with moments."""
    if text not in DAYS:
        return False
    moment, first, last = DAYS[text][0], DAYS[values[0]][0], DAYS[values[0]][1]
    tests = {"gt": moment > last, "gte": moment >= first, "lt": moment < first, "lte": moment <= last}
    tests |= {"eq": first <= moment <= last, "between": first <= moment <= DAYS[values[-1]][1]}
    return tests[op]


def holds(values: Values, column: str, op: str, value: Any) -> bool:
    if op in OPPOSITES:
        return not holds(values, column, OPPOSITES[op], value)
    text = as_text(values[column])
    if op == "empty":
        return not text
    if op in ("contains", "starts_with", "ends_with"):
        patterns = {"contains": "{}", "starts_with": r"\A{}", "ends_with": r"{}\Z"}
        pattern = patterns[op].format(re.escape(unicodedata.normalize("NFC", value)))
        return text is not None and re.search(pattern, text, re.IGNORECASE) is not None
    if op == "one_of":
        by_type = column in ("Size", "Day")
        return any(holds(values, column, "eq", one) for one in value) if by_type else text in map(as_text, value)
    if isinstance(value, bool):
        return text == as_text(value)
    if op == "between":
        value = ordered(column, value)
    if column == "Day" and all(one in DAYS for one in (value if isinstance(value, list) else [value])):
        return holds_when(text, op, value if isinstance(value, list) else [value])
    key, bounds = keys(column, op, text, value if isinstance(value, list) else [value])
    if key is None:
        return False
    if op == "between":
        return bool(bounds[0] <= key <= bounds[1])
    tests = {"eq": "__eq__", "gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
    return getattr(key, tests[op])(bounds[0]) is True


def accepts(values: Values, item: Any) -> bool:
    if "any" in item:
        return any(accepts(values, part) for part in item["any"])
    if "all" in item:
        return all(accepts(values, part) for part in item["all"])
    return holds(values, item["column"], item["op"], item.get("value"))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    column = draw(st.sampled_from(list(POOLS)))
    op = draw(st.sampled_from(list(OPS) if column != "Active" else ["eq", "ne", "empty", "not_empty"]))
    pool = [value for value in POOLS[column] if value is not None]
    if OPS[op] in ("ordered", "two") and column in ("Size", "Day"):
        pool = [value for value in pool if value in DAYS or as_number(str(value)) is not None]
    one = st.sampled_from(pool)
    two = st.lists(one, min_size=2, max_size=2)
    some = st.lists(one, min_size=1, max_size=4)
    kinds: dict[str, st.SearchStrategy[Any]] = {"one": one, "ordered": one, "two": two, "some": some}
    value = kinds.get(OPS[op], st.none())
    return {"column": column, "op": op, "value": draw(value)}


TREES = st.recursive(
    conditions(),
    lambda parts: st.lists(parts, min_size=1, max_size=3).flatmap(
        lambda items: st.sampled_from([{"any": items}, {"all": items}])
    ),
    max_leaves=6,
)


@pytest.fixture
def leads(workspace: Workspace, editor: User) -> Table:
    types = [("Name", "text"), ("Size", "number"), ("Day", "date"), ("Active", "checkbox"), ("Found", "formula")]
    return catalog.create(Actor(editor, workspace, Role.EDITOR), "Leads", types)


def fill(table: Table, number: int) -> dict[int, Values]:
    """Stores values as they are, also those that their type refuses, as an import may keep them."""
    pick = random.Random(7)
    ids = {column.name: column.pk for column in columns.live(table)}
    stored: dict[int, Values] = {}
    for row_id in rows.append(table, [{} for _ in range(number)]):
        values = {name: pick.choice(pool) for name, pool in POOLS.items()}
        kept = {str(ids[name]): value for name, value in values.items() if name != "Found" and value is not None}
        with connection.cursor() as cursor:
            cursor.execute('UPDATE tables_row SET "values" = %s WHERE id = %s', [storage.encode(kept), row_id])
        if values["Found"] is not None:
            Cell.objects.create(row_id=row_id, column_id=ids["Found"], state=CellState.DONE, value=values["Found"])
        stored[row_id] = values
    return stored


def by_id(item: Any, ids: Mapping[str, int]) -> Any:
    for holds_ in ("any", "all"):
        if holds_ in item:
            return {holds_: [by_id(part, ids) for part in item[holds_]]}
    return {**item, "column": ids[item["column"]]}


def depth(item: Any) -> int:
    parts = item.get("any") or item.get("all")
    return 1 + max(map(depth, parts)) if parts else 0


def test_a_filter_finds_what_a_plain_predicate_finds(leads: Table) -> None:
    stored = fill(leads, 60)
    live = columns.live(leads)
    ids = {column.name: column.pk for column in live}

    @settings(max_examples=120, deadline=None)
    @given(st.lists(TREES.filter(lambda tree: depth(tree) <= DEEPEST), min_size=1, max_size=2))
    def check(items: list[Any]) -> None:
        found = View(live, [by_id(item, ids) for item in items], [], "").row_ids(leads)
        expected = [pk for pk, values in stored.items() if all(accepts(values, item) for item in items)]
        assert list(found) == expected

    check()


def test_an_opposite_finds_all_other_rows(leads: Table) -> None:
    stored = fill(leads, 60)
    size = next(column for column in columns.live(leads) if column.name == "Size")
    for op, opposite, value in (
        ("eq", "ne", "1"),
        ("one_of", "not_one_of", ["1", "many"]),
        ("empty", "not_empty", None),
    ):
        found = [
            set(View([size], [{"column": size.pk, "op": each, "value": value}], [], "").row_ids(leads))
            for each in (op, opposite)
        ]
        assert found[0] | found[1] == set(stored)
        assert not found[0] & found[1]
        assert all(found)


@pytest.mark.parametrize(
    ("name", "op", "value", "words"),
    [
        ("Size", "gte", "many", "Compare it with a number."),
        ("Size", "between", ["1", "nan"], "Compare it with a number."),
        ("Day", "lte", "soon", "Compare it with a date like 2026-12-31."),
        ("Name", "between", ["a"], "send a list of both"),
        ("Name", "one_of", [], "send a list of up to 500"),
        ("Name", "one_of", "Utrecht", "send a list of up to 500"),
        ("Name", "state", "done", "is not a test for “Name”"),
        ("Name", "near", "x", "is not a test for “Name”"),
    ],
)
def test_what_makes_no_sense_is_refused(leads: Table, name: str, op: str, value: object, words: str) -> None:
    column = next(column for column in columns.live(leads) if column.name == name)
    with pytest.raises(Refused, match=re.escape(words)):
        View([column], [{"column": column.pk, "op": op, "value": value}], [], "").row_ids(leads)


def test_groups_have_bounds(leads: Table) -> None:
    column = columns.live(leads)[0]
    item: dict[str, Any] = {"column": column.pk, "op": "empty"}
    with pytest.raises(Refused, match=f"at most {MOST} conditions"):
        View([column], [{"any": [item] * (MOST + 1)}], [], "").row_ids(leads)
    deep = item
    for _ in range(DEEPEST + 1):
        deep = {"any": [deep]}
    with pytest.raises(Refused, match=f"nested {DEEPEST} deep"):
        View([column], [deep], [], "").row_ids(leads)
    wrongs: list[object] = [[], "empty", None]
    for wrong in wrongs:
        with pytest.raises(Refused, match="must be a list of conditions"):
            View([column], [{"any": wrong}], [], "").row_ids(leads)
    with pytest.raises(Refused, match="An item of a filter is"):
        View([column], [{"any": ["empty"]}], [], "").row_ids(leads)


def test_numbers_of_many_digits_are_equal_only_where_all_digits_are(table: Table) -> None:
    size = columns.live(table)[1]
    texts = ["12345678901234567", "12345678901234568", "12345678901234567.0", "0.1234567890123456789", "1e22"]
    texts += ["10000000000000000000000", "0.12345678901234567890"]
    rows.append(table, [{"Size": text} for text in texts])

    def found(op: str, value: Any) -> list[str]:
        view = View(columns.live(table), [{"column": size.pk, "op": op, "value": value}], [], "")
        return [row.values[str(size.pk)] for row in view.window(table, 0, 50)[0]]

    assert found("eq", 12345678901234567) == [texts[0], texts[2]]
    assert found("ne", texts[1]) == [*texts[:1], *texts[2:]]
    assert found("one_of", [texts[1], "10000000000000000000000.0"]) == [texts[1], *texts[4:6]]
    assert found("gt", texts[0]) == [texts[1], *texts[4:6]]
    assert found("between", ["0.1234567890123456788", "0.1234567890123456789"]) == [texts[3], texts[6]]
    groups = View(columns.live(table), [], [], "").groups(table, size)
    assert [group["count"] for group in groups] == [2, 2, 2, 1]
    assert all(len(found("eq", group["filter"]["value"])) == group["count"] for group in groups)


def found_in(table: Table, number: int, op: str, value: Any, sort: list[dict[str, Any]] | None = None) -> list[int]:
    """The places of the rows in the order in which they were added."""
    first = min(Row.objects.filter(table=table).values_list("pk", flat=True))
    live = columns.live(table)
    items = [{"column": live[number].pk, "op": op, "value": value}] if op else []
    return [pk - first for pk in View(live, items, sort or [], "").row_ids(table)]


def test_values_of_any_kind_are_found_as_they_are_stored(table: Table) -> None:
    values: list[Any] = [True, 1, "true", 0.1 + 0.2, 12345678901234567890123, 1.0, False]
    rows.append(table, [{"Name": value} for value in values])
    computed = columns.create(table, "Found", "formula")
    for row_id, value in zip(Row.objects.filter(table=table).values_list("pk", flat=True), values, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=value)
    for number in (0, 3):
        assert found_in(table, number, "eq", "true") == found_in(table, number, "eq", True) == [0, 2]
        assert found_in(table, number, "contains", "1") == [1, 4, 5]
        assert found_in(table, number, "one_of", ["false", "0.30000000000000004"]) == [3, 6]
        assert found_in(table, number, "eq", 12345678901234567890123) == [4]
        assert found_in(table, number, "eq", "0.3") == []


def test_groups_filters_duplicates_and_keys_take_the_same_values_for_equal(table: Table) -> None:
    """A list or an object is equal to its text, however that is spaced, and an object to one in another order."""
    pool: list[list[Any]] = [
        [{"a": 1}, '{"a":1}', '{"a": 1}'],
        [{"bb": 1, "a": "x"}, {"a": "x", "bb": 1}],
        [[1, "é"], '[1, "e\u0301"]', '[1,"é"]'],
        [1, "1", 1.0],
        ["1.0"],
        [True, "true"],
        ["True"],
        [0, "0", -0.0],
        ["[1, "],
    ]
    name, same = columns.live(table)[0], []
    for equal in pool:
        same.append(rows.append(table, [{"Name": value} for value in equal]))
    for equal, row_ids in zip(pool, same, strict=True):
        for value in equal:
            sought = value if isinstance(value, str | int | float) else json.dumps(value)
            view = View([name], [{"column": name.pk, "op": "eq", "value": sought}], [], "")
            assert list(view.row_ids(table)) == row_ids
            key = digest([value], normalizers("exact", [name.type]))
            assert key_matches.find(table, [name], "exact", {key: [value]}) == {key: row_ids}
    groups = View([name], [], [], "").groups(table, name)
    found = [list(View([name], [group["filter"]], [], "").row_ids(table)) for group in groups]
    assert sorted(found) == sorted(same)
    assert [group["count"] for group in groups] == [len(row_ids) for row_ids in found]
    assert alike(table, name) == [row_ids for row_ids in same if len(row_ids) > 1]


def alike(table: Table, column: Column) -> list[list[int]]:
    found = duplicates.look(table, Criteria.of(table, [column.pk], "exact"))
    return [group.row_ids for group in found.window(0, 100).items]


def test_a_whole_number_of_an_answer_is_found_as_it_is_shown(table: Table) -> None:
    values: list[Any] = [5.0, 5, "5", "5.0", -2.0, 5.05, [5.0], {"a": 5.0}]
    computed = columns.create(table, "Found", "extract")
    for row_id, value in zip(rows.append(table, [{} for _ in values]), values, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=value)
    assert (
        found_in(table, 3, "eq", 5) == found_in(table, 3, "eq", "5") == found_in(table, 3, "one_of", ["5"]) == [0, 1, 2]
    )
    assert found_in(table, 3, "eq", "5.0") == [3]
    assert found_in(table, 3, "eq", "-2") == [4]
    assert found_in(table, 3, "eq", "[5.0]") == [6]
    groups = View(columns.live(table), [], [], "").groups(table, computed)
    assert all(len(found_in(table, 3, "eq", group["filter"]["value"])) == group["count"] for group in groups)
    assert sum(group["count"] for group in groups) == len(values)


def test_every_group_of_numbers_finds_its_rows(table: Table) -> None:
    size = columns.live(table)[1]
    texts: list[Any] = [1e300, "1e300", 1e-7, "1e-7", "1" * 250, 10**20, 1e20, "-0", 0, "many", None]
    for row_id, text in zip(rows.append(table, [{} for _ in texts]), texts, strict=True):
        Row.objects.filter(pk=row_id).update(values={} if text is None else {str(size.pk): text})
    groups = View(columns.live(table), [], [], "").groups(table, size)
    assert sum(group["count"] for group in groups) == len(texts)
    for group in groups:
        assert len(found_in(table, 1, group["filter"]["op"], group["filter"].get("value"))) == group["count"]


@pytest.mark.parametrize(
    ("number", "low", "high", "places"),
    [
        (0, "9", "10", [0, 1]),
        (0, "ab", "ac", [2]),
        (1, "-5", "1e2", [0, 1]),
        (3, "2026-01-31", "2026-02-01T10:00", [1]),
    ],
)
def test_what_is_between_two_values_is_found_in_whatever_order_they_are(
    table: Table, number: int, low: str, high: str, places: list[int]
) -> None:
    columns.create(table, "Day", "date")
    rows.append(table, [{"Name": "9", "Size": 3}, {"Name": "10", "Size": "-5", "Day": "2026-02-01"}, {"Name": "abc"}])
    assert found_in(table, number, "between", [low, high]) == found_in(table, number, "between", [high, low]) == places


def test_a_value_is_compared_as_the_column_would_store_it(table: Table) -> None:
    columns.create(table, "Day", "date")
    rows.append(table, [{"Size": "1000", "Active": True, "Day": "2026-01-31T10:30:00"}, {"Day": "2026-01-31"}])
    assert found_in(table, 1, "eq", "1,000") == found_in(table, 1, "one_of", ["1 000"]) == [0]
    assert found_in(table, 1, "gt", "1,000") == []
    assert found_in(table, 2, "eq", "yes") == found_in(table, 2, "eq", "true") == [0]
    for day in ("20260131", "2026-W05-6", "2026-01-31"):
        assert found_in(table, 3, "eq", day) == [0, 1]
    assert found_in(table, 3, "eq", "2026-01-31 10:30") == [0]
    assert found_in(table, 3, "gt", "20260131") == []


def test_dates_are_sorted_grouped_and_summed_up_by_their_moments(table: Table) -> None:
    day = columns.create(table, "Day", "date")
    texts = ["2026-01-01T10:00:00+05:00", "2026-01-01T08:00:00Z", "soon", "2026-01-02T01:00:00+05:00", "2026-01-01"]
    texts += ["2026-01-01T05:00:00.250", "2026-01-02", "2026-01-01 10:00+0500", "2025-12-31T23:00:00-08:00"]
    row_ids = rows.append(table, [{} for _ in texts])
    for row_id, text in zip(row_ids, texts, strict=True):
        Row.objects.filter(pk=row_id).update(values={str(day.pk): text})
    order = [4, 0, 7, 5, 8, 1, 3, 6, 2]
    assert found_in(table, 3, "", None, [{"column": day.pk}]) == order
    assert found_in(table, 3, "ne", "soon", [{"column": day.pk}]) == order[:-1]
    backwards = [2, 6, 3, 1, 8, 5, 0, 7, 4]  # what is at the same moment stays in the order of the table
    assert found_in(table, 3, "", None, [{"column": day.pk, "desc": True}]) == backwards
    view = View(columns.live(table), [], [], "")
    groups = view.groups(table, day)
    assert [(group["value"], group["count"]) for group in groups] == [("2026-01-01", 7), ("2026-01-02", 1), ("soon", 1)]
    for group in groups:
        assert len(found_in(table, 3, "eq", group["filter"]["value"])) == group["count"]
    kinds = {"min": "2026-01-01", "max": "2026-01-02", "unique": 8}
    assert {kind: summaries.of(table, view, {day.pk: kind})[day.pk] for kind in kinds} == kinds
    rows.delete(table, [row_ids[4], row_ids[6], row_ids[2]])
    kinds = {"min": texts[7], "max": texts[3], "unique": 5}  # of two ways to write a moment, the first one as a text
    assert {kind: summaries.of(table, view, {day.pk: kind})[day.pk] for kind in kinds} == kinds


@pytest.mark.parametrize("value", [None, [], ["a"], {"a": 1}])
def test_a_text_is_compared_with_one_value(table: Table, value: object) -> None:
    rows.append(table, [{"Name": "a"}])
    for op in ("eq", "ne", "contains", "not_contains", "starts_with", "gt", "gte", "lt", "lte"):
        with pytest.raises(Refused, match="send a text, a number or a truth"):
            found_in(table, 0, op, value)
    for op in ("one_of", "not_one_of", "between"):
        with pytest.raises(Refused, match="send a text, a number or a truth"):
            found_in(table, 0, op, ["a", value])


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
def test_a_list_or_an_object_is_found_as_a_page_or_a_program_writes_it(table: Table, spaces: tuple[str, str]) -> None:
    whole: list[Any] = [[1, "x"], {"bb": 1, "a": [True, None]}, {"a": [True, None], "bb": 2}, [], ["x, y: z"], "[1, 2"]
    row_ids = rows.append(table, [{"Name": value} for value in whole])
    computed = columns.create(table, "Found", "http")
    for row_id, value in zip(row_ids, whole, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=value)
    for place, value in enumerate(whole):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=spaces)
        for number in (0, 3):
            assert found_in(table, number, "eq", text) == found_in(table, number, "one_of", [text, "x"]) == [place]


@pytest.mark.parametrize(
    ("sought", "places"),
    [
        *[("é", [0, 1]), ("É", [0, 1]), ("ΟΔΟΣ", [2]), ("ё", [3]), ("RAẞE", [4]), ("SS", [])],
        *[(i, [5, 6]) for i in ("i", "I", "ı", "İ")],
    ],
)
def test_letters_beyond_ascii_are_found_in_capitals_or_not(table: Table, sought: str, places: list[int]) -> None:
    rows.append(table, [{"Name": name} for name in ("Café", "CAFÉ", "οδοσ", "ЁЛКА", "Straße", "Jırl", "İzlanda")])
    assert found_in(table, 0, "contains", sought) == places
    live = columns.live(table)
    assert len(View(live, [], [], sought).row_ids(table)) == len(places)


@pytest.mark.parametrize(
    ("texts", "sought", "equal", "part"),
    [
        (["\u212aiel", "Kiel", "kiel"], "Kiel", [0, 1], [0, 1, 2]),
        (["a\u037eb", "a;b"], "a;b", [0, 1], [0, 1]),
        (["\u1fefls\u1fef", "`ls`"], "`ls`", [0, 1], [0, 1]),
        (["ma\u0308r", "m\u00e4r", "mar"], "ma", [], [2]),
        (["3\u20e3", "3"], "3", [1], [0, 1]),
    ],
)
def test_what_is_canonically_equal_is_found_alike(
    table: Table, texts: list[str], sought: str, equal: list[int], part: list[int]
) -> None:
    rows.append(table, [{"Name": text} for text in texts])
    computed = columns.create(table, "Found", "formula")
    for row_id, text in zip(Row.objects.filter(table=table).values_list("pk", flat=True), texts, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=text)
    for number in (0, 3):
        assert found_in(table, number, "eq", sought) == found_in(table, number, "one_of", [sought]) == equal
        assert found_in(table, number, "starts_with", sought) == found_in(table, number, "contains", sought) == part
    assert [*View(columns.live(table), [], [], sought).row_ids(table)] == [
        row_id
        for place, row_id in enumerate(Row.objects.filter(table=table).values_list("pk", flat=True))
        if place in part
    ]


def test_texts_are_sorted_by_the_alphabet_with_accents_beside_their_letters(table: Table) -> None:
    texts = [
        "zoo",
        "Ende",
        "émile",
        "E\u0301mil",
        "apfel",
        "Äpfel",
        "_",
        "Zoo",
        "ß",
        "ς",
        "Σ",
        "emil",
        "",
        "10",
        "9",
        "ız",
    ]
    order = [
        "",
        "10",
        "9",
        "_",
        "apfel",
        "Äpfel",
        "E\u0301mil",
        "emil",
        "émile",
        "Ende",
        "ız",
        "zoo",
        "Zoo",
        "ß",
        "ς",
        "Σ",
    ]
    row_ids = rows.append(table, [{"Name": text or None} for text in texts])
    computed = columns.create(table, "Found", "formula")
    for row_id, text in zip(row_ids, texts, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=f"({text}")
    for number, expected in ((0, [*order[1:], ""]), (3, order)):
        found = found_in(table, number, "", None, [{"column": columns.live(table)[number].pk}])
        assert [texts[place] for place in found] == expected


@pytest.mark.parametrize("op", ["gt", "gte", "lt", "lte", "between"])
@pytest.mark.parametrize("number", [0, 3])
def test_a_list_or_an_object_is_neither_smaller_nor_larger_than_a_text(table: Table, op: str, number: int) -> None:
    kept: list[Any] = [["b"], {"b": 1}, [], "b", "[b", "{", True]
    row_ids = rows.append(table, [{"Name": value} for value in kept])
    computed = columns.create(table, "Found", "http")
    for row_id, value in zip(row_ids, kept, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=value)
    bounds = {"gt": "", "gte": "", "lt": "~", "lte": "~", "between": ["", "~"]}
    assert found_in(table, number, op, bounds[op]) == [3, 4, 5, 6]


COMPOSED = [
    "caf\u00e9",
    "cafe\u0301",
    "CAFE\u0301",
    "Vi\u1ec7t",
    "Vi\u00ea\u0323t",
    "\ud55c",
    "\u1112\u1161\u11ab",
    "cafe",
]


@pytest.mark.parametrize(
    ("sought", "equal", "part"),
    [
        ("caf\u00e9", [0, 1], [0, 1, 2]),
        ("cafe\u0301", [0, 1], [0, 1, 2]),
        ("Vi\u1ec7t", [3, 4], [3, 4]),
        ("Vie\u0302\u0323t", [3, 4], [3, 4]),
        ("\u1112\u1161\u11ab", [5, 6], [5, 6]),
        ("cafe", [7], None),
    ],
)
def test_letters_are_the_same_of_one_sign_and_of_two(
    table: Table, sought: str, equal: list[int], part: list[int] | None
) -> None:
    rows.append(table, [{"Name": name} for name in COMPOSED])
    computed = columns.create(table, "Found", "formula")
    for row_id, text in zip(Row.objects.filter(table=table).values_list("pk", flat=True), COMPOSED, strict=True):
        Cell.objects.create(row_id=row_id, column=computed, state=CellState.DONE, value=text)
    for number in (0, 3):
        assert found_in(table, number, "eq", sought) == found_in(table, number, "one_of", [sought, "x"]) == equal
        others = [place for place in range(len(COMPOSED)) if place not in equal]
        assert found_in(table, number, "ne", sought) == others
        for op in ("contains", "starts_with", "ends_with") if part else ():
            assert found_in(table, number, op, sought) == part
    live = columns.live(table)
    assert part is None or len(View(live, [], [], sought).row_ids(table)) == len(part)
    view = View(live, [], [], "")
    assert [group["count"] for group in view.groups(table, live[0])] == [2, 2, 2, 1, 1]
    assert summaries.of(table, view, {live[0].pk: "unique"}) == {live[0].pk: 5}


@pytest.mark.parametrize("sought", ['say "hi"', "C:\\dir", "two\nlines", '"a":1', '"a": 1', '["x","y"]', "x"])
def test_a_text_inside_of_an_object_is_found_as_it_is_and_as_json(table: Table, sought: str) -> None:
    value = {"a": 1, "p": "C:\\dir", "q": 'say "hi"', "r": "two\nlines", "s": ["x", "y"]}
    rows.append(table, [{"Name": value}, {}, {"Name": "other"}])
    computed = columns.create(table, "Found", "formula")
    second = Row.objects.filter(table=table)[1]
    Cell.objects.create(row=second, column=computed, state=CellState.DONE, value=value)
    assert found_in(table, 0, "contains", sought) == [0]
    assert found_in(table, 3, "contains", sought) == [1]
    assert len(View(columns.live(table), [], [], sought).row_ids(table)) == 2


def test_numbers_are_sorted_by_all_of_their_digits(table: Table) -> None:
    texts = ["9007199254740993", "9007199254740992", "9007199254740994", "0.1", "0.1000000000000000001", "many"]
    texts += ["12345678901234567890123456789", "12345678901234567890123456788", "0.09999999999999999999"]
    for row_id, text in zip(rows.append(table, [{} for _ in texts]), texts, strict=True):
        Row.objects.filter(pk=row_id).update(values={str(columns.live(table)[1].pk): text})
    by_size = {"column": columns.live(table)[1].pk}
    assert found_in(table, 1, "", None, [by_size]) == [8, 3, 4, 1, 0, 2, 7, 6, 5]
    assert found_in(table, 1, "", None, [by_size | {"desc": True}]) == [6, 7, 2, 0, 1, 4, 3, 8, 5]


def test_texts_among_numbers_come_last_in_their_own_order_however_long_they_are(table: Table) -> None:
    texts = ["many", "as many as there are", "7", "few", "", "a hundred and forty-four", "0.1000000000000000001", "no"]
    for row_id, text in zip(rows.append(table, [{} for _ in texts]), texts, strict=True):
        Row.objects.filter(pk=row_id).update(values={str(columns.live(table)[1].pk): text})
    by_size = {"column": columns.live(table)[1].pk}
    assert found_in(table, 1, "", None, [by_size]) == [6, 2, 0, 1, 3, 4, 5, 7]
    assert found_in(table, 1, "", None, [by_size | {"desc": True}]) == [2, 6, 0, 1, 3, 4, 5, 7]
