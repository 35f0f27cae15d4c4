"""Look-up columns: which rows of another table they find, and how they follow what changes in it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from enrichment.columns import formula as formula_columns
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import lookups as lookup_columns
from enrichment.columns import recipe_export, table_lifecycle, trash
from enrichment.dataflow import lookup_changes, lookups, match_keys, recalculations
from enrichment.engine.errors import InvalidSettings
from enrichment.models import LookupColumn, MatchKey, Recalculation, Run, SoughtKey
from enrichment.runs import lifecycle
from enrichment.worker import step
from tables import catalog, moves, rows
from tables import cells as table_cells
from tables import columns as table_columns
from tables.imports import job
from tables.models import Cell, Column, Row, Table
from tests.servers.echo import Echo
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Compute = Callable[..., None]
type Cells = Callable[[Column], list[Any]]
type Looking = Callable[..., Column]
type Work = Callable[[Table], None]

NO_MATCH = ("no_data", None)


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def firms(actor: Actor) -> Table:
    """Four rows of Name, Field and Staff, two of which are called Acme."""
    columns = [("Name", "text"), ("Field", "text"), ("Staff", "number")]
    table = catalog.create(actor, "Firms", columns)
    named = (("Acme", "Tools", 10), ("Fabrikam", "Cloth", 250), (" Acme ", "Anvils", 7), ("Unused", "", 1))
    rows.append(table, [{"Name": name, "Field": field, "Staff": staff} for name, field, staff in named])
    return table


@pytest.fixture
def looking(leads: Table, firms: Table) -> Looking:
    """Makes a look-up of a lead's company among the firms."""

    def make(name: str = "Field", take: str | None = "Field", **config: Any) -> Column:
        match = {"column": "Name", "value": "{{Company}}"}
        return lookup_columns.create(leads, name, {"table_id": firms.pk, "match": match, "take": take} | config)

    return make


@pytest.fixture
def settle(compute: Callable[[Table], None]) -> Compute:
    """What workers do with the recalculations of all tables, to the end."""

    def advance() -> None:
        while table_ids := set(Recalculation.objects.values_list("table_id", flat=True)):
            for table in Table.objects.filter(pk__in=table_ids):
                compute(table)

    return advance


def ids(table: Table) -> list[int]:
    return list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))


def change(table: Table, position: int, **values: Any) -> None:
    rows.update(table, [{"id": ids(table)[position], "cells": values}])


def test_the_first_match_gives_its_value(looking: Looking, settle: Compute, cells: Cells) -> None:
    column = looking()
    settle()
    assert cells(column) == [("done", "Tools"), ("done", "Cloth"), NO_MATCH]
    [cell] = Cell.objects.filter(column=column, state="no_data")
    assert (cell.error_code, cell.error_message) == (lookups.NO_MATCH, "No match")


@pytest.mark.parametrize(
    ("sought", "there"),
    [
        *[("1", "1.0"), ("1.0", "1"), ("1000", "1,000"), ("0042", "42"), ("1.50", "1.5")],
        *[("2024-01-01", "2024-01-01T00:00:00Z"), ("2024-01-01T00:00:00Z", "2024-01-01")],
        ("2024-01-01T10:00:00Z", "2024-01-01 10:00:00"),
    ],
)
def test_a_number_or_a_date_that_is_there_in_another_form_is_told(
    sought: str, there: str, leads: Table, firms: Table, looking: Looking, settle: Compute, cells: Cells
) -> None:
    change(firms, 0, Name=there)
    change(leads, 0, Company=sought)
    column = looking()
    settle()
    cell = Cell.objects.get(column=column, row_id=ids(leads)[0])
    assert (cell.state, cell.error_code) == ("no_data", lookups.NO_MATCH)
    assert f"“{there}” is there" in cell.error_message
    assert Cell.objects.get(column=column, row_id=ids(leads)[2]).error_message == "No match"
    change(leads, 0, Company=there)
    settle()
    assert cells(column)[0] == ("done", "Tools")


def test_a_number_in_the_settings_is_an_id_and_no_name(
    leads: Table, firms: Table, settle: Compute, cells: Cells
) -> None:
    name, field, *_ = table_columns.live(firms)
    for column in (name, field):
        table_columns.create(firms, str(column.pk))
    match = {"column": name.pk, "value": "{{Company}}"}
    column = lookup_columns.create(leads, "Found", {"table_id": firms.pk, "match": match, "take": field.pk})
    settle()
    assert cells(column) == [("done", "Tools"), ("done", "Cloth"), NO_MATCH]


def test_all_matches_make_a_list_in_which_none_without_a_value_stands(
    looking: Looking, firms: Table, settle: Compute, cells: Cells
) -> None:
    rows.append(firms, [{"Name": "Acme"}])
    column = looking(many="list")
    settle()
    assert cells(column) == [("done", ["Tools", "Anvils"]), ("done", ["Cloth"]), NO_MATCH]


def test_matches_are_counted(looking: Looking, leads: Table, settle: Compute, cells: Cells) -> None:
    column = looking(take=None, many="count")
    rows.append(leads, [{"Size": "3"}])
    settle()
    assert cells(column) == [("done", 2), ("done", 1), ("done", 0), NO_MATCH]


def test_numbers_and_texts_of_the_same_look_are_equal(
    leads: Table, firms: Table, settle: Compute, cells: Cells
) -> None:
    match = {"column": "Staff", "value": " {{Size}} "}
    column = lookup_columns.create(leads, "Of size", {"table_id": firms.pk, "match": match, "take": "Name"})
    settle()
    assert cells(column) == [("done", "Acme"), ("done", "Fabrikam"), NO_MATCH]


def test_letters_of_one_sign_and_of_two_are_equal(
    looking: Looking, leads: Table, firms: Table, settle: Compute, cells: Cells
) -> None:
    change(leads, 0, Company="Caf\u00e9")
    change(leads, 1, Company="Cafe\u0301")
    rows.append(firms, [{"Name": "Cafe\u0301", "Field": "Coffee"}])
    draft = {"table_id": firms.pk, "match": {"column": "Name", "value": "{{Company}}"}, "take": "Field"}
    found = lookup_columns.draft(Column(table=leads, type="lookup"), draft)
    assert [item.result.value for item in found.rows] == ["Coffee", "Coffee", None]
    column = looking()
    settle()
    assert cells(column) == [("done", "Coffee"), ("done", "Coffee"), NO_MATCH]
    rows.update(firms, [{"id": ids(firms)[-1], "cells": {"Field": "Tea"}}])
    settle()
    assert cells(column) == [("done", "Tea"), ("done", "Tea"), NO_MATCH]


def test_keys_from_before_are_read_anew_at_an_upgrade(
    looking: Looking, leads: Table, firms: Table, settle: Compute, cells: Cells
) -> None:
    change(leads, 0, Company="Caf\u00e9")
    rows.append(firms, [{"Name": "Cafe\u0301", "Field": "Coffee"}])
    column = looking()
    settle()
    MatchKey.objects.filter(row_id=ids(firms)[-1]).update(key=match_keys.key_of("Cafe\u0301"))
    Cell.objects.filter(column=column, row_id=ids(leads)[0]).update(state="no_data", value=None)
    import_module("enrichment.migrations.0029_composed_keys").read_keys_anew(apps, None)
    settle()
    assert cells(column)[0] == ("done", "Coffee")


@pytest.fixture
def visits(actor: Actor, leads: Table) -> Table:
    """Two visits, with numbers and dates that can be written in several ways; the leads get ways to write them."""
    table = catalog.create(actor, "Visits", [("No", "number"), ("When", "date"), ("Place", "text")])
    cells = [("5.0", "2026-01-05", "Utrecht"), ("1000", "2026-01-05T10:00:00+05:00", "Delft")]
    rows.append(table, [{"No": number, "When": when, "Place": place} for number, when, place in cells])
    for name in ("Sought no", "Sought when"):
        table_columns.create(leads, name)
    sought = [("5", "20260105"), ("1,000", "2026-01-05 05:00Z"), ("five", "soon")]
    for place, (number, when) in enumerate(sought):
        change(leads, place, **{"Sought no": number, "Sought when": when})
    return table


@pytest.mark.parametrize(("match", "value"), [("No", "{{Sought no}}"), ("When", "{{Sought when}}")])
def test_numbers_and_dates_are_the_same_however_they_are_written(
    leads: Table, visits: Table, settle: Compute, cells: Cells, match: str, value: str
) -> None:
    config = {"table_id": visits.pk, "match": {"column": match, "value": value}, "take": "Place"}
    drafted = lookup_columns.draft(Column(table=leads, type="lookup"), config)
    assert [item.result.value for item in drafted.rows] == ["Utrecht", "Delft", None]
    column = lookup_columns.create(leads, "Place", config)
    settle()
    assert cells(column) == [("done", "Utrecht"), ("done", "Delft"), NO_MATCH]
    change(visits, 1, Place="Gouda")
    settle()
    assert cells(column) == [("done", "Utrecht"), ("done", "Gouda"), NO_MATCH]
    change(visits, 0, No="05.00", When="2026-01-05T00:00:00Z")
    settle()
    assert cells(column) == [("done", "Utrecht"), ("done", "Gouda"), NO_MATCH]
    counting = lookup_columns.create(leads, "Visits", config | {"many": "count", "take": None})
    settle()
    assert cells(counting) == [("done", 1), ("done", 1), ("done", 0)]


def test_a_column_that_becomes_numbers_is_compared_by_them(
    leads: Table, visits: Table, settle: Compute, cells: Cells
) -> None:
    number = table_columns.live(visits)[0]
    column_lifecycle.change(number, type="text")
    config = {"table_id": visits.pk, "match": {"column": "No", "value": "{{Sought no}}"}, "take": "Place"}
    column = lookup_columns.create(leads, "Place", config)
    settle()
    assert cells(column) == [NO_MATCH, NO_MATCH, NO_MATCH]
    column_lifecycle.change(number, type="number")
    settle()
    assert cells(column) == [("done", "Utrecht"), ("done", "Delft"), NO_MATCH]


def test_keys_of_numbers_from_before_are_read_anew_at_an_upgrade(
    leads: Table, visits: Table, settle: Compute, cells: Cells
) -> None:
    config = {"table_id": visits.pk, "match": {"column": "No", "value": "{{Sought no}}"}, "take": "Place"}
    column = lookup_columns.create(leads, "Place", config)
    settle()
    MatchKey.objects.filter(row_id=ids(visits)[0]).update(key=match_keys.key_of("5.0"))
    Cell.objects.filter(column=column).update(state="no_data", value=None)
    import_module("enrichment.migrations.0031_typed_keys").read_keys_anew(apps, None)
    settle()
    assert cells(column)[0] == ("done", "Utrecht")


def test_a_row_without_a_key_matches_no_row_without_a_value(
    leads: Table, firms: Table, settle: Compute, cells: Cells
) -> None:
    match = {"column": "Field", "value": "{{Size}}"}
    column = lookup_columns.create(leads, "Found", {"table_id": firms.pk, "match": match, "take": "Name"})
    settle()
    assert cells(column)[2] == NO_MATCH


def test_a_path_leads_into_the_value(looking: Looking, firms: Table, settle: Compute, cells: Cells) -> None:
    formula_columns.create(firms, "Facts", "formula", {"formula": '({"size": {{Staff}} * 2})'})
    column = looking(take="Facts.size")
    settle()
    assert cells(column)[:2] == [("done", 20), ("done", 500)]


def test_an_edit_of_the_other_table_computes_the_rows_that_find_it_and_no_others(
    looking: Looking, firms: Table, settle: Compute, cells: Cells, announced: list[Any]
) -> None:
    column = looking()
    settle()
    change(firms, 1, Field="Silk")
    announced.clear()
    settle()
    assert cells(column)[1] == ("done", "Silk")
    assert [column_id for _, column_id, _ in announced] == [column.pk]


def test_a_changed_key_is_left_by_some_rows_and_found_by_others(
    looking: Looking, firms: Table, settle: Compute, cells: Cells
) -> None:
    column = looking()
    settle()
    change(firms, 1, Name="Contoso")
    settle()
    assert cells(column)[1:] == [NO_MATCH, ("done", "Cloth")]


def test_new_deleted_and_restored_rows_of_the_other_table_are_followed(
    looking: Looking, firms: Table, settle: Compute, cells: Cells
) -> None:
    column = looking()
    settle()
    rows.append(firms, [{"Name": "Contoso", "Field": "Retail"}])
    settle()
    assert cells(column)[2] == ("done", "Retail")
    deletion = rows.delete(firms, [ids(firms)[0], ids(firms)[1]])
    settle()
    assert cells(column) == [("done", "Anvils"), NO_MATCH, ("done", "Retail")]
    assert deletion
    moves.restore(deletion)
    settle()
    assert cells(column)[:2] == [("done", "Tools"), ("done", "Cloth")]


def test_an_edit_of_its_own_row_looks_again(
    looking: Looking, leads: Table, settle: Compute, cells: Cells, edit: Callable[..., None]
) -> None:
    column = looking()
    settle()
    edit(2, Company="fabrikam")
    settle()
    assert cells(column)[2] == NO_MATCH
    edit(2, Company="Fabrikam")
    settle()
    assert cells(column)[2] == ("done", "Cloth")


def test_what_is_computed_from_it_follows(
    looking: Looking, leads: Table, firms: Table, settle: Compute, cells: Cells
) -> None:
    looking()
    loud = formula_columns.create(leads, "Loud", "formula", {"formula": "UPPER({{Field}})"})
    settle()
    change(firms, 0, Field="Hammers")
    settle()
    assert cells(loud)[0] == ("done", "HAMMERS")


def test_a_computed_column_can_be_matched_and_taken(leads: Table, firms: Table, settle: Compute, cells: Cells) -> None:
    formula_columns.create(firms, "Key", "formula", {"formula": "LOWER({{Name}})"})
    taken = formula_columns.create(firms, "Double", "formula", {"formula": "{{Staff}} * 2"})
    match = {"column": "Key", "value": "fabrikam"}
    column = lookup_columns.create(leads, "Twice", {"table_id": firms.pk, "match": match, "take": "Double"})
    settle()
    assert cells(column)[0] == ("done", 500)
    formula_columns.save(taken, {"formula": "{{Staff}} * 3"})
    settle()
    assert cells(column)[0] == ("done", 750)
    change(firms, 1, Name="Gone")
    settle()
    assert cells(column)[0] == NO_MATCH


def test_changes_go_on_through_a_chain_of_tables(
    actor: Actor, looking: Looking, leads: Table, settle: Compute, cells: Cells, firms: Table
) -> None:
    looking()
    deals = catalog.create(actor, "Deals", [("Lead", "text")])
    rows.append(deals, [{"Lead": "Fabrikam"}])
    match = {"column": "Company", "value": "{{Lead}}"}
    column = lookup_columns.create(deals, "Field of lead", {"table_id": leads.pk, "match": match, "take": "Field"})
    settle()
    assert cells(column) == [("done", "Cloth")]
    change(firms, 1, Field="Silk")
    settle()
    assert cells(column) == [("done", "Silk")]


def test_a_table_can_look_into_itself(firms: Table, settle: Compute, cells: Cells) -> None:
    match = {"column": "Staff", "value": "10"}
    column = lookup_columns.create(firms, "Ten", {"table_id": firms.pk, "match": match, "take": "Name"})
    settle()
    assert cells(column) == [("done", "Acme")] * 4
    change(firms, 0, Name="Best")
    settle()
    assert cells(column) == [("done", "Best")] * 4


def test_results_of_an_api_are_waited_for_and_then_taken(
    looking: Looking, leads: Table, firms: Table, echo: Echo, settle: Compute, cells: Cells
) -> None:
    def asking(table: Table, name: str, of: str) -> Column:
        request = {"method": "POST", "url": f"{echo.url}/{name.lower()}", "body": f'{{"of": "{of}"}}'}
        return http_columns.create(table, name, request | {"auto_update": False})

    size = asking(firms, "Size", "{{Name}}")
    column = looking(take="Size.is")
    following = asking(leads, "Next", "{{Field}}")
    settle()
    assert cells(column)[:2] == [("waiting", None), ("waiting", None)]
    runs = [lifecycle.plan(following, {"first": 2}), lifecycle.plan(size, "all")]
    tokens: dict[int, str] = {}
    while Run.objects.filter(state__in=Run.OPEN).exists():
        for run in runs:  # the one that looks goes first, so that it meets what is not there yet
            again = step.advance(run.pk, tokens.get(run.pk, ""))
            tokens[run.pk] = again[0] if again else ""
        settle()
    assert cells(column)[:2] == [("done", "size(Acme)"), ("done", "size(Fabrikam)")]
    assert [state for state, _ in cells(following)[:2]] == ["done", "done"]
    asked = [call for call in echo.calls if call.startswith("next")]
    assert sorted(asked) == ["next(size(Acme))", "next(size(Fabrikam))"]


def test_a_result_over_a_look_up_is_out_of_date_when_the_other_table_changes(
    looking: Looking,
    leads: Table,
    firms: Table,
    asking: Callable[..., Column],
    settle: Compute,
    work: Work,
    stale: Callable[[Column], list[bool]],
) -> None:
    looking()
    settle()
    column = asking("A", "{{Field}}")
    lifecycle.plan(column, {"first": 2})
    work(leads)
    change(firms, 1, Field="Silk")
    settle()
    assert stale(column) == [False, True]


def test_columns_that_would_wait_for_each_other_over_tables_are_refused_by_name(
    looking: Looking, leads: Table, firms: Table
) -> None:
    there = looking("Staff", take="Staff")
    match = {"column": "Company", "value": "{{Name}}"}
    lookup_columns.create(firms, "Back", {"table_id": leads.pk, "match": match, "take": "Staff"})
    with pytest.raises(Refused) as refused:
        lookup_columns.save(there, {"take": "Back"})
    words = "These columns would wait for each other: Staff (Leads) → Back (Firms) → Staff (Leads)."
    assert (str(refused.value), refused.value.code) == (words, "cycle")


def test_a_deleted_column_names_its_readers_and_they_say_what_is_gone(
    looking: Looking, firms: Table, settle: Compute, cells: Cells
) -> None:
    column = looking()
    settle()
    taken = Column.objects.get(table=firms, name="Field")
    with pytest.raises(Refused, match=r"“Field” is used by “Field” of the table “Leads”\."):
        column_lifecycle.delete(taken)
    column_lifecycle.delete(taken, force=True)
    settle()
    cell = Cell.objects.filter(column=column).first()
    assert cell
    words = "The column “Field” of “Firms” was deleted. Restore it, or choose another one."
    assert (cell.state, cell.error_message) == ("failed", words)
    column_lifecycle.restore(Column.with_deleted.get(pk=taken.pk))
    settle()
    assert cells(column)[0] == ("done", "Tools")


def test_a_deleted_table_names_its_readers_and_they_say_what_is_gone(
    looking: Looking, firms: Table, settle: Compute, cells: Cells
) -> None:
    column = looking()
    settle()
    with pytest.raises(Refused, match=r"“Firms” is used by “Field” of the table “Leads”\."):
        table_lifecycle.delete(firms)
    table_lifecycle.delete(firms, force=True)
    settle()
    words = "The table “Firms” was deleted. Restore it, or choose another one."
    assert set(Cell.objects.filter(column=column).values_list("error_message", flat=True)) == {words}
    rows.append(firms, [{"Name": "Contoso", "Field": "Retail"}])
    firms.refresh_from_db()
    table_lifecycle.restore(firms)
    settle()
    assert cells(column) == [("done", "Tools"), ("done", "Cloth"), ("done", "Retail")]


def test_a_table_that_is_gone_for_good_is_still_named(looking: Looking, firms: Table, settle: Compute) -> None:
    column = looking()
    settle()
    catalog.purge(firms)
    recalculations.start_range(column.table_id, [column.pk])
    settle()
    cell = Cell.objects.filter(column=column).first()
    assert cell
    assert cell.error_message == "The table “Firms” was deleted. Restore it, or choose another one."


def test_a_table_of_another_workspace_is_not_found(looking: Looking, outsider: User, firms: Table) -> None:
    elsewhere = outsider.memberships.get().workspace
    Table.objects.filter(pk=firms.pk).update(workspace=elsewhere)
    with pytest.raises(InvalidSettings, match=r"Choose a table of this workspace\."):
        looking()


def test_a_copy_of_a_table_looks_up_the_same_and_follows_the_other_table(
    looking: Looking, leads: Table, firms: Table, actor: Actor, settle: Compute, cells: Cells
) -> None:
    looking()
    settle()
    running = table_lifecycle.duplicate(actor, leads)
    job.run(running.pk)
    settle()
    assert running.table
    copy = Column.objects.get(table=running.table, name="Field")
    assert cells(copy) == [("done", "Tools"), ("done", "Cloth"), NO_MATCH]
    change(firms, 1, Field="Silk")
    settle()
    assert cells(copy)[1] == ("done", "Silk")


def test_a_copied_column_looks_up_the_same(looking: Looking, settle: Compute, cells: Cells) -> None:
    copy = column_lifecycle.duplicate(looking())
    settle()
    assert cells(copy)[:2] == [("done", "Tools"), ("done", "Cloth")]


def test_a_list_that_would_be_cut_says_so(
    looking: Looking, settle: Compute, monkeypatch: pytest.MonkeyPatch, cells: Cells
) -> None:
    monkeypatch.setattr(lookups, "MOST_LISTED", 1)
    column = looking(many="list")
    settle()
    assert cells(column)[:2] == [("failed", None), ("done", ["Cloth"])]


def test_where_many_rows_look_for_a_key_all_are_computed(
    looking: Looking, firms: Table, settle: Compute, cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = looking()
    settle()
    monkeypatch.setattr(lookup_changes, "MOST_FOLLOWED", 0)
    change(firms, 1, Field="Silk")
    settle()
    assert cells(column)[1] == ("done", "Silk")


def test_rows_are_queued_until_the_other_table_has_been_read(looking: Looking, leads: Table) -> None:
    column = looking()
    first, *_ = ids(leads)
    assert table_cells.unfinished(leads.pk, [first], [column.pk])


def test_a_row_that_changed_since_it_was_found_is_not_taken(
    looking: Looking, firms: Table, settle: Compute, leads: Table, compute: Callable[[Table], None], cells: Cells
) -> None:
    column = looking()
    settle()
    first, second, *_ = Row.objects.filter(table=firms).order_by("pk")
    name = str(Column.objects.get(table=firms, name="Name").pk)
    for row in (first, second):  # as if nobody had followed this yet
        row.values[name] = "Other"
        row.save()
    recalculations.start_range(leads.pk, [column.pk])
    compute(leads)
    assert cells(column)[:2] == [("done", "Anvils"), NO_MATCH]


def test_a_purged_look_up_leaves_no_keys(looking: Looking, settle: Compute) -> None:
    column = looking()
    settle()
    assert MatchKey.objects.count() == 4
    assert SoughtKey.objects.count() == 3
    trash.forget(column)
    assert not LookupColumn.objects.exists()
    assert not SoughtKey.objects.exists()
    assert not MatchKey.objects.exists()


def test_a_look_up_is_tried_without_keys(leads: Table, firms: Table, settle: Compute) -> None:
    match = {"column": "Name", "value": "{{Company}}"}
    config = {"table_id": firms.pk, "match": match, "take": "Field"}
    column = Column(table=leads, type="lookup")
    for many, expected in (
        ("first", ["Tools", "Cloth", None]),
        ("list", [["Tools", "Anvils"], ["Cloth"], None]),
        ("count", [2, 1, 0]),
    ):
        draft = lookup_columns.draft(column, config | {"many": many})
        assert [item.result.value for item in draft.rows] == expected
    by_number = config | {"match": {"column": "Staff", "value": "{{Size}}"}}
    assert [item.result.value for item in lookup_columns.draft(column, by_number).rows] == ["Tools", "Cloth", None]
    assert not MatchKey.objects.exists()


def test_settings_are_shown_by_name_and_survive_renaming(looking: Looking, leads: Table, firms: Table) -> None:
    column = looking(take="Field")
    table_columns.rename(Column.objects.get(table=firms, name="Name"), "Company name")
    table_columns.rename(Column.objects.get(table=leads, name="Company"), "Firm")
    match = {"column": "Company name", "value": "{{Firm}}"}
    assert lookup_columns.shown(column) == {"table_id": firms.pk, "match": match, "take": "Field", "many": "first"}


def test_the_settings_of_a_look_up_are_not_exported(looking: Looking) -> None:
    with pytest.raises(InvalidSettings, match="“Field” looks into another table of this workspace"):
        recipe_export.export(looking())
