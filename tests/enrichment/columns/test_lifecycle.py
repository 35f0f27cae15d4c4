"""Columns of every kind: who uses them, deleted, restored and duplicated."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.columns import formula as formula_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import list_rows
from enrichment.columns.list_rows import Wish
from enrichment.models import FormulaColumn
from enrichment.sources import settings as sources
from tables import columns
from tables.models import Cell, Column, Row, Table
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Compute = Callable[[Table], None]
type Cells = Callable[[Column], list[Any]]


def test_users_of_every_kind_keep_a_column_from_being_deleted(leads: Table, http: Callable[..., Column]) -> None:
    size = columns.live(leads)[1]
    http(run_if="{{Size}} > 5")
    formula_columns.create(leads, "Double", "formula", {"formula": "{{Size}} * 2"})
    formula_columns.create(leads, "Part", "extract", {"source": "Size", "path": "a"})
    with pytest.raises(Refused) as refused:
        column_lifecycle.delete(size)
    assert str(refused.value) == "“Size” is used by “Profile”, “Double”, “Part”."
    assert refused.value.code == "conflict"


def test_what_fills_a_column_is_named_before_it_is_deleted(
    leads: Table, http: Callable[..., Column], editor: User, workspace: Workspace
) -> None:
    wish = Wish("people", [{"path": "name", "column": "Person"}, {"path": "size", "column": "Size"}], key=["Person"])
    column = http()
    staff = list_rows.expand(Actor(editor, workspace, Role.EDITOR), column, wish, None, "Staff").table
    request = {"url": "https://api.example/staff", "items": "staff"}
    fields = [{"path": "name", "column": "Person"}, {"path": "mail", "column": "Mail", "type": "text"}]
    sources.create(staff, editor, "HR", {"config": request, "columns": fields, "key": ["Person"]})
    by_name = {found.name: found for found in columns.live(staff)}
    for name, users in {
        "Person": "the source “HR”, the rows made of “Profile” of the table “Leads”",
        "Size": "the rows made of “Profile” of the table “Leads”",
        "Row of Leads": "the rows made of “Profile” of the table “Leads”",
        "Mail": "the source “HR”",
    }.items():
        with pytest.raises(Refused, match=f"^“{name}” is used by {users}.$"):
            column_lifecycle.delete(by_name[name])
    column_lifecycle.delete(column)
    column_lifecycle.delete(by_name["Size"])  # nothing fills it any more
    column_lifecycle.delete(by_name["Person"], force=True)


def test_what_used_a_deleted_column_says_so_and_recovers_when_it_is_restored(
    leads: Table, compute: Compute, cells: Cells
) -> None:
    size = columns.live(leads)[1]
    double = formula_columns.create(leads, "Double", "formula", {"formula": "{{Size}} * 2"})
    compute(leads)
    column_lifecycle.delete(size, force=True)
    compute(leads)
    assert {cell.error_message for cell in Cell.objects.filter(column=double)} == {
        "The column “Size” was deleted. Restore it, or choose another one."
    }
    column_lifecycle.restore(Column.with_deleted.get(pk=size.pk))
    compute(leads)
    assert cells(double)[:2] == [("done", 20), ("done", 500)]


def test_a_column_that_would_close_a_circle_is_not_restored(leads: Table) -> None:
    one = formula_columns.create(leads, "One", "formula", {"formula": "1"})
    two = formula_columns.create(leads, "Two", "formula", {"formula": "{{One}}"})
    column_lifecycle.delete(two)
    three = formula_columns.create(leads, "Three", "formula", {"formula": "1"})
    column_lifecycle.delete(three)
    FormulaColumn.objects.filter(column=one).update(formula=f"{{{{@{two.pk}}}}}")
    with pytest.raises(Refused):
        column_lifecycle.restore(Column.with_deleted.get(pk=two.pk))
    assert not Column.objects.filter(pk=two.pk).exists()


def test_a_plain_column_is_duplicated_with_its_values_right_behind_it(leads: Table) -> None:
    company = columns.live(leads)[0]
    made = column_lifecycle.duplicate(company)
    assert [column.name for column in columns.live(leads)] == ["Company", "Company 2", "Size"]
    values = [row.values.get(str(made.pk)) for row in Row.objects.filter(table=leads).order_by("sort_key")]
    assert values == ["Acme", "Fabrikam", "Contoso"]


def test_a_formula_column_is_duplicated_and_computed(leads: Table, compute: Compute, cells: Cells) -> None:
    double = formula_columns.create(leads, "Double", "formula", {"formula": "{{Size}} * 2"})
    made = column_lifecycle.duplicate(double)
    compute(leads)
    assert column_lifecycle.shown(made) == column_lifecycle.shown(double)
    assert cells(made) == cells(double)


def test_an_http_column_is_duplicated_without_results(
    leads: Table, http: Callable[..., Column], answer: Callable[..., None], cells: Cells
) -> None:
    profile = http(run_if="{{Size}} > 5")
    answer(profile, {row.pk: "known" for row in Row.objects.filter(table=leads)})
    made = column_lifecycle.duplicate(profile)
    assert (made.name, made.position) == ("Profile 2", 3)
    assert column_lifecycle.shown(made) == column_lifecycle.shown(profile)
    assert cells(made) == [None, None, None]
