"""Rows written by key, compared with what a list of dictionaries would become."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from tables import columns, rows, upserts
from tables.keys import Matching
from tables.models import Table
from workspaces.models import Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def shown(table: Table) -> list[list[Any]]:
    keys = [str(column.pk) for column in columns.live(table)][:2]
    return [[row.values.get(key) for key in keys] for row in rows.window(table, 0, 100)]


@pytest.fixture
def firms(table: Table) -> list[int]:
    return rows.append(table, [{"Name": "Acme", "Size": "1"}, {"Name": "Bolt", "Size": "2"}])


def test_rows_are_matched_and_written_by_no_column_that_has_an_id_as_its_name(
    table: Table, firms: list[int], name: str
) -> None:
    odd = columns.create(table, name)
    sent: list[rows.Cells] = [{"Name": "Acme", "Size": "10"}, {"Name": "Cog", f"name:{name}": "new"}]
    assert upserts.write(table, sent, Matching(["Name"], "exact", "update")).ids[0] == firms[0]
    assert shown(table) == [["Acme", "10"], ["Bolt", "2"], ["Cog", None]]
    assert rows.window(table, 2, 1)[0].values[str(odd.pk)] == "new"


def test_a_row_that_matches_is_updated(table: Table, firms: list[int]) -> None:
    sent: list[rows.Cells] = [
        {"Name": "acme ", "Size": "10"},
        {"Name": "Cog", "Size": "3"},
        {"Name": "cog", "Size": "4"},
    ]
    written = upserts.write(table, sent, Matching(["Name"], "loose", "update"))
    assert shown(table) == [["acme ", "10"], ["Bolt", "2"], ["cog", "4"]]
    assert (written.updated, written.skipped) == (2, 0)
    assert written.ids[0] == firms[0]
    assert written.ids[1] == written.ids[2]


def test_a_row_that_matches_is_skipped(table: Table, firms: list[int]) -> None:
    written = upserts.write(table, [{"Name": "Bolt", "Size": "9"}, {"Size": "9"}], Matching(["Name"], on_match="skip"))
    assert shown(table) == [["Acme", "1"], ["Bolt", "2"], [None, "9"]]
    assert (written.skipped, written.ids[0]) == (1, firms[1])


@pytest.mark.parametrize(
    ("kind", "there", "sent"),
    [("number", 1000, "+1,000"), ("checkbox", True, "yes"), ("date", "2026-12-31", " 2026-12-31")],
)
def test_a_key_is_compared_as_it_would_be_stored(table: Table, kind: str, there: object, sent: object) -> None:
    columns.create(table, "Key", kind)
    [row] = rows.append(table, [{"Name": "Acme", "Key": there}])
    written = upserts.write(table, [{"Name": "Acme Ltd", "Key": sent}] * 2, Matching(["Key"], on_match="update"))
    assert (written.ids, shown(table)) == ([row, row], [["Acme Ltd", None]])


def test_a_key_that_no_cell_can_hold_is_refused(table: Table) -> None:
    columns.create(table, "Key", "number")
    with pytest.raises(Refused, match="“many” is not a valid number"):
        upserts.write(table, [{"Name": "Acme", "Key": "many"}], Matching(["Key"], on_match="skip"))
    assert shown(table) == []


def test_a_blank_value_leaves_what_is_there_unless_otherwise_chosen(table: Table, firms: list[int]) -> None:
    upserts.write(table, [{"Name": "Bolt", "Size": ""}], Matching(["Name"], on_match="update"))
    assert shown(table)[1] == ["Bolt", "2"]
    upserts.write(table, [{"Name": "Bolt", "Size": ""}], Matching(["Name"], on_match="update", keep_blank=False))
    assert shown(table)[1] == ["Bolt", None]


def test_a_wrong_value_is_refused_although_a_later_row_would_write_over_it(table: Table) -> None:
    columns.create(table, "Met", "checkbox")
    sent: list[rows.Cells] = [{"Name": "Nut", "Met": "perhaps"}, {"Name": "Nut", "Met": True}]
    with pytest.raises(Refused, match="“perhaps” is neither yes nor no"):
        upserts.write(table, sent, Matching(["Name"], on_match="update"))
    assert "Nut" not in [name for name, *_ in shown(table)]


def test_two_values_for_one_column_are_refused(table: Table) -> None:
    name = columns.live(table)[0]
    for how in (Matching(), Matching(["Name"], on_match="update")):
        with pytest.raises(Refused, match="two values for “Name”"):
            upserts.write(table, [{"Name": "Nut", f"id:{name.pk}": "Bolt"}], how)


def test_without_a_key_rows_are_added(table: Table, firms: list[int]) -> None:
    written = upserts.write(table, [{"Name": "Acme"}], Matching())
    assert len(shown(table)) == 3
    assert (written.updated, written.skipped) == (0, 0)


def test_a_key_that_the_table_lacks_is_refused(table: Table) -> None:
    with pytest.raises(Refused, match="no column “Domain”"):
        upserts.write(table, [{"Name": "x"}], Matching(["Domain"], on_match="update"))


ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", ""]), st.sampled_from(["1", "2", ""])), max_size=8)


class AnyRows(TransactionTestCase):
    @settings(max_examples=40)
    @given(ROWS, ROWS, st.sampled_from(["update", "skip"]))
    def test_rows_become_what_a_list_of_them_would(
        self, there: list[tuple[str, str]], sent: list[tuple[str, str]], on_match: str
    ) -> None:
        table = Table.objects.create(workspace=Workspace.objects.create(name="W"), name="T")
        for name in ("Name", "Size"):
            columns.create(table, name)
        rows.append(table, [{"Name": name, "Size": size} for name, size in there])
        expected = [[name or None, size or None] for name, size in there]
        for name, size in sent:
            matching = [row for row in expected if name and row[0] == name]
            if not matching:
                expected.append([name or None, size or None])
            elif on_match == "update":
                for row in matching:
                    row[1] = size or row[1]
        upserts.write(
            table, [{"Name": name, "Size": size} for name, size in sent], Matching(["Name"], on_match=on_match)
        )
        assert shown(table) == expected
