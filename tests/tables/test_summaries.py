"""What columns come to, over all rows or those of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workspaces.refusals import Refused

if TYPE_CHECKING:
    from tables.models import Table
    from workspaces.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(table: Table) -> Table:
    from tables import columns, rows

    columns.create(table, "Since", "date")
    rows.append(
        table,
        [
            {"Name": "Acme", "Size": "1,200", "Since": "2021-03-01"},
            {"Name": "Acme", "Size": "0.5", "Since": "2019-12-31T10:00:00"},
            {"Name": "12", "Size": "", "Active": True},
            {"Size": "-2"},
        ],
    )
    return table


def summaries_of(table: Table, kinds: dict[str, str], **narrowed: Any) -> dict[str, Any]:
    from tables import columns, summaries
    from tables.row_queries import View

    live = columns.live(table)
    ids = {column.name: column.pk for column in live}
    filters = [item | {"column": ids[item["column"]]} for item in narrowed.get("filters", [])]
    view = View(live, filters, [], narrowed.get("search", ""))
    found = summaries.of(table, view, {ids[name]: kind for name, kind in kinds.items()})
    return {name: found[ids[name]] for name in kinds}


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        ("Name", "filled", 3),
        ("Name", "empty", 1),
        ("Name", "unique", 2),
        ("Name", "sum", 12),  # of what can be read as a number
        ("Active", "filled", 1),
        ("Size", "sum", 1198.5),
        ("Size", "mean", 399.5),
        ("Size", "min", -2),
        ("Size", "max", 1200),
        ("Since", "min", "2019-12-31T10:00:00"),
        ("Since", "max", "2021-03-01"),
    ],
)
def test_each_kind_counts_what_it_says(filled: Table, column: str, kind: str, value: object) -> None:
    assert summaries_of(filled, {column: kind}) == {column: value}


def test_several_columns_are_counted_over_the_rows_that_are_left(filled: Table) -> None:
    kinds = {"Name": "empty", "Size": "sum", "Since": "max"}
    acme = {"column": "Name", "op": "eq", "value": "Acme"}
    assert summaries_of(filled, kinds, filters=[acme]) == {"Name": 0, "Size": 1200.5, "Since": "2021-03-01"}
    assert summaries_of(filled, kinds, search="-2") == {"Name": 1, "Size": -2, "Since": None}


def test_results_count_where_they_came_to_a_value(filled: Table) -> None:
    from tables import columns
    from tables.models import Cell, Row

    score = columns.create(filled, "Score", "http")
    values: list[tuple[str, object]] = [("done", 5), ("done", {"a": 1}), ("failed", 9), ("done", None)]
    Cell.objects.bulk_create(
        Cell(row=row, column=score, state=state, value=value)
        for row, (state, value) in zip(Row.objects.filter(table=filled).order_by("sort_key"), values, strict=True)
    )
    assert summaries_of(filled, {"Score": "filled"}) == {"Score": 2}
    assert summaries_of(filled, {"Score": "empty"}) == {"Score": 2}
    assert summaries_of(filled, {"Score": "sum"}) == {"Score": 5}
    acme = {"column": "Name", "op": "ne", "value": "Acme"}
    assert summaries_of(filled, {"Score": "filled"}, filters=[acme]) == {"Score": 0}


def test_an_unknown_kind_is_refused(filled: Table) -> None:
    with pytest.raises(Refused, match="“median” isn't a summary"):
        summaries_of(filled, {"Name": "median"})


def test_what_takes_too_long_is_ended_and_said(filled: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    from tables import rows, summaries

    rows.append(filled, [{"Name": f"Company {number}"} for number in range(3_000)])
    monkeypatch.setattr(summaries, "LONGEST", 0.001)
    monkeypatch.setattr(summaries, "_STEPS", 1)
    with pytest.raises(Refused, match="too large"):
        summaries_of(filled, {"Name": "unique"})


def test_a_choice_is_one_persons(filled: Table, editor: User, viewer: User) -> None:
    from tables import summaries

    summaries.choose(filled, editor, {"1": "sum", "2": "none", "3": "rows"})
    summaries.choose(filled, editor, {"1": "mean"})
    assert summaries.chosen(filled, editor) == {"1": "mean"}
    assert summaries.chosen(filled, viewer) == {}
    with pytest.raises(Refused):
        summaries.choose(filled, editor, {"1": "median"})


@pytest.mark.parametrize(
    ("sizes", "kind", "value"),
    [
        (["0.1", "0.2"], "sum", 0.3),
        (["0.1", "0.2"], "mean", 0.15),
        (["1", "1", "2"], "mean", 4 / 3),
        (["9007199254740993", "1e3"], "sum", 9007199254741993),
        (["12345678901234567890123456789", "0.1"], "sum", "12345678901234567890123456789.1"),
        (["12345678901234567890123456789"], "mean", 12345678901234567890123456789),
        (["9007199254740993", "9007199254740992"], "max", 9007199254740993),
        (["0.1234567890123456789", "1"], "min", "0.1234567890123456789"),
        (["1", "1.0", "1e0", "2"], "unique", 2),
        ([12345678901234567890123, 1], "sum", 12345678901234567890124),
    ],
)
def test_numbers_are_counted_to_the_last_digit(table: Table, sizes: list[Any], kind: str, value: Any) -> None:
    from tables import rows

    rows.append(table, [{"Size": size} for size in sizes])
    assert summaries_of(table, {"Size": kind}) == {"Size": value}
