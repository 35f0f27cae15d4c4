"""Rows from a list: made of its items, known by their source, updated by key, and kept up to date."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.columns import formula as formula_columns
from enrichment.columns import list_rows as settings
from enrichment.columns import lookups as lookup_columns
from enrichment.columns.list_rows import Wish
from enrichment.dataflow import list_rows
from enrichment.models import ListRows, ListWork
from tables import catalog, rows
from tables import columns as table_columns
from tables.models import Column, Row, Table
from tests.enrichment.api.test_api import Caller
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

type Answer = Callable[..., None]

ADA, BO = {"email": "ada@acme.com", "age": 36}, {"email": "bo@acme.com", "age": 50}


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


def ids(table: Table) -> list[int]:
    return list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))


def work() -> None:
    """What workers do with lists, to the end."""
    for _ in range(20):
        if entry := ListWork.objects.first():
            list_rows.advance(entry.list_rows_id)
    assert not ListWork.objects.exists()


def content(table: Table) -> list[dict[str, Any]]:
    """The rows of a table, {name of a column: value}."""
    names = {str(column.pk): column.name for column in table_columns.live(table)}
    found = Row.objects.filter(table=table).order_by("sort_key")
    return [{names[key]: value for key, value in row.values.items()} for row in found]


def people(actor: Actor, column: Column, **wish: Any) -> ListRows:
    columns = [{"path": "email", "column": "Email"}, {"path": "age", "column": "Age", "type": "number"}]
    return settings.expand(actor, column, Wish("people", columns, **wish), None, "People")


def test_items_become_rows_that_know_where_they_are_from(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, second, _ = ids(leads)
    answer(column, {first: {"people": [ADA, BO]}, second: {"people": []}})
    stored = people(actor, column)
    work()
    assert content(stored.table) == [
        {"Email": "ada@acme.com", "Age": 36, "Row of Leads": first},
        {"Email": "bo@acme.com", "Age": 50, "Row of Leads": first},
    ]
    stored.refresh_from_db()
    assert (stored.items, stored.added, stored.updated) == (2, 2, 0)
    assert list_rows.progress(stored) is None


def test_items_go_into_no_column_that_has_the_id_of_theirs_as_its_name(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    stored = people(actor, column, key=["Email"])
    table_columns.create(stored.table, str(stored.columns[1]["column"]))
    answer(column, {ids(leads)[0]: {"people": [ADA]}})
    list_rows.start(stored)
    work()
    assert content(stored.table) == [{"Email": "ada@acme.com", "Age": 36, "Row of Leads": ids(leads)[0]}]


def test_new_results_update_rows_by_key_and_items_that_are_gone_stay(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, second, _ = ids(leads)
    answer(column, {first: {"people": [ADA, BO]}})
    stored = people(actor, column, key=["Email"])
    work()
    answer(column, {first: {"people": [{"email": "ada@acme.com", "age": 37}]}, second: {"people": [{"email": "cy"}]}})
    work()
    assert [(row["Email"], row.get("Age")) for row in content(stored.table)] == [
        ("ada@acme.com", 37),
        ("bo@acme.com", 50),
        ("cy", None),
    ]


def test_a_list_that_is_filled_again_doubles_nothing_even_without_a_key(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, second, _ = ids(leads)
    answer(column, {first: {"tags": ["new", "big"]}, second: {"tags": ["new", "new"]}})
    wish = Wish("tags", [{"path": "$", "column": "Tag"}])
    stored = settings.expand(actor, column, wish, None, "Tags")
    work()
    again = settings.expand(actor, column, wish, stored.table, "")
    work()
    assert again.pk == stored.pk
    found = [(row["Tag"], row["Row of Leads"]) for row in content(stored.table)]
    assert found == [("new", first), ("big", first), ("new", second)]


def test_items_without_a_value_in_the_key_are_not_doubled_either(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, *_ = ids(leads)
    answer(column, {first: {"people": [ADA, {"age": 9}, {"email": "", "age": 10}]}})
    stored = people(actor, column, key=["Email"])
    work()
    answer(column, {first: {"people": [{"age": 10}, {"email": "ada@acme.com", "age": 37}, {"age": 9}]}})
    work()
    assert [(row.get("Email"), row["Age"]) for row in content(stored.table)] == [
        ("ada@acme.com", 37),
        (None, 9),
        (None, 10),
    ]


def test_a_value_that_no_cell_holds_is_left_blank_and_holds_up_no_other_item(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, second, _ = ids(leads)
    answer(column, {first: {"people": [{"email": "x" * 100_001, "age": 1}]}, second: {"people": [BO]}})
    stored = people(actor, column)
    work()
    stored.refresh_from_db()
    assert [(row.get("Email"), row["Age"]) for row in content(stored.table)] == [(None, 1), ("bo@acme.com", 50)]
    assert (stored.misfits, stored.problem) == (1, "")


def test_an_object_is_a_list_of_one_and_what_has_no_field_makes_no_row(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, second, third = ids(leads)
    answer(column, {first: {"people": ADA}, second: {"people": [None, 5, BO]}, third: {"people": {"error": "none"}}})
    stored = people(actor, column)
    work()
    stored.refresh_from_db()
    assert [(row["Email"], row["Row of Leads"]) for row in content(stored.table)] == [
        ("ada@acme.com", first),
        ("bo@acme.com", second),
    ]
    assert (stored.items, stored.added) == (2, 2)


@pytest.mark.parametrize("path", ["teams[*].people", "$.teams[*].people", "$..people", "teams[*].people[*]"])
def test_lists_in_the_items_of_a_list_are_all_taken(
    path: str, actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, *_ = ids(leads)
    answer(column, {first: {"teams": [{"people": [ADA]}, {"name": "empty"}, {"people": [BO]}]}})
    columns = [{"path": "email", "column": "Email"}]
    stored = settings.expand(actor, column, Wish(path, columns), None, "People")
    work()
    assert [row["Email"] for row in content(stored.table)] == ["ada@acme.com", "bo@acme.com"]


def test_rows_that_are_there_are_matched_by_key(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    crm = catalog.create(actor, "CRM", [("Email", "text"), ("Note", "text")])
    rows.append(crm, [{"Email": "ada@acme.com", "Note": "met her"}])
    column = http()
    first, *_ = ids(leads)
    answer(column, {first: {"people": [ADA, BO]}})
    settings.expand(actor, column, Wish("people", [{"path": "email", "column": "Email"}], ["Email"]), crm, "")
    work()
    assert content(crm) == [
        {"Email": "ada@acme.com", "Note": "met her", "Row of Leads": first},
        {"Email": "bo@acme.com", "Row of Leads": first},
    ]


def test_a_portion_that_fails_in_its_middle_leaves_nothing_and_is_done_again(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_rows, "_ITEMS", 1)
    column = http()
    first, *_ = ids(leads)
    answer(column, {first: {"people": [ADA, BO]}})
    stored = people(actor, column)
    append, calls = rows.append, iter((False, True))

    def dies(*given: Any) -> list[int]:
        if next(calls):
            raise KeyboardInterrupt
        return append(*given)

    with monkeypatch.context() as patched:
        patched.setattr(rows, "append", dies)
        with pytest.raises(KeyboardInterrupt):
            list_rows.advance(stored.pk)
    assert content(stored.table) == []
    for _ in range(2):
        list_rows.release_stalled()  # as a sweep does, whatever became of the worker
    work()
    assert [row["Email"] for row in content(stored.table)] == ["ada@acme.com", "bo@acme.com"]


def test_lists_of_computed_columns_follow_by_themselves_unless_that_is_off(
    actor: Actor, leads: Table, compute: Callable[[Table], None], edit: Callable[..., None]
) -> None:
    column = formula_columns.create(leads, "Parts", "formula", {"formula": '{{Company}}.split(" ")'})
    compute(leads)
    stored = settings.expand(actor, column, Wish("", [{"path": "$", "column": "Part"}]), None, "Parts")
    work()
    edit(0, Company="Acme Tools")
    compute(leads)
    work()
    parts = ["Acme", "Fabrikam", "Contoso", "Tools"]
    assert [row["Part"] for row in content(stored.table)] == parts
    settings.change(stored, auto=False)
    edit(1, Company="Fabrikam Cloth")
    compute(leads)
    work()
    assert [row["Part"] for row in content(stored.table)] == parts
    settings.change(stored, auto=True)
    work()
    assert [row["Part"] for row in content(stored.table)] == [*parts, "Cloth"]


def test_values_of_the_source_row_can_be_looked_up(
    actor: Actor,
    leads: Table,
    http: Callable[..., Column],
    answer: Answer,
    compute: Callable[[Table], None],
    cells: Callable[[Column], list[Any]],
) -> None:
    column = http()
    first, *_ = ids(leads)
    answer(column, {first: {"people": [ADA]}})
    stored = people(actor, column)
    work()
    match = {"column": "@row", "value": "{{Row of Leads}}"}
    company = lookup_columns.create(stored.table, "Company", {"table_id": leads.pk, "match": match, "take": "Company"})
    for table in (leads, stored.table) * 3:
        compute(table)
    assert cells(company) == [("done", "Acme")]
    rows.update(leads, [{"id": first, "cells": {"Company": "Best"}}])
    for table in (leads, stored.table) * 3:
        compute(table)
    assert cells(company) == [("done", "Best")]
    assert lookup_columns.shown(company)["match"] == match


def test_rows_that_would_make_rows_without_end_are_refused(
    actor: Actor, leads: Table, http: Callable[..., Column]
) -> None:
    with pytest.raises(Refused, match="would make rows of it without end"):
        settings.expand(actor, http(), Wish("people", [{"path": "$", "column": "Company"}]), leads, "")


def test_a_deleted_column_that_the_rows_need_stops_them_with_its_reason(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    stored = people(actor, column, key=["Email"])
    table_columns.delete(Column.objects.get(table=stored.table, name="Email"))
    answer(column, {ids(leads)[0]: {"people": [ADA]}})
    work()
    stored.refresh_from_db()
    assert stored.problem == "A column that these rows need was deleted. Restore it, or take rows from the list again."
    assert content(stored.table) == []


def test_what_came_while_a_column_was_deleted_becomes_rows_once_it_is_restored(
    actor: Actor, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    column = http()
    first, second, _ = ids(leads)
    stored = people(actor, column, key=["Email"])
    email = Column.objects.get(table=stored.table, name="Email")
    table_columns.delete(email)
    answer(column, {first: {"people": [ADA]}})
    work()
    table_columns.restore(email)
    answer(column, {second: {"people": [BO]}})
    work()
    stored.refresh_from_db()
    assert sorted(row["Email"] for row in content(stored.table)) == ["ada@acme.com", "bo@acme.com"]
    assert stored.problem == ""


def test_the_api_offers_fields_makes_rows_and_stops(
    workspace: Workspace, editor: User, leads: Table, http: Callable[..., Column], answer: Answer
) -> None:
    call = Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])
    column = http()
    answer(column, {ids(leads)[0]: {"people": [ADA, BO]}})
    _, offered = call("POST", f"/columns/{column.pk}/expand/fields", {"path": "people"})
    assert offered["name"] == "People of Leads"
    # In any order: PostgreSQL keeps none.
    assert {(item["path"], item["name"], item["type"]) for item in offered["fields"]} == {
        ("email", "Email", "email"),
        ("age", "Age", "number"),
    }
    status, made = call("POST", f"/columns/{column.pk}/expand", {"path": "people", "name": "People"})
    assert status == 202
    assert made["progress"] == {"done": 0, "total": 3}
    work()
    _, listed = call("GET", f"/tables/{made['table_id']}/lists")
    assert [(item["added"], item["progress"]) for item in listed["items"]] == [(2, None)]
    assert call("PATCH", f"/lists/{made['id']}", {"auto": False})[1]["auto"] is False
    assert call("DELETE", f"/lists/{made['id']}")[0] == 204
    assert call("GET", f"/tables/{made['table_id']}/lists")[1] == {"items": []}
    assert call("GET", f"/tables/{made['table_id']}")[1]["row_count"] == 2
