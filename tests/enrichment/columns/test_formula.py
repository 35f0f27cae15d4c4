"""Settings of formula and field columns: checked, kept by id, shown by name, tried on rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from enrichment.columns import formula as formula_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Attempt, FormulaColumn, Run
from tables import columns
from tables.models import Cell, Column, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_formula_is_kept_by_id_and_follows_a_new_name(leads: Table) -> None:
    made = formula_columns.create(leads, "Label", "formula", {"formula": '{{Company}} + "!"'})
    company = columns.live(leads)[0]
    assert FormulaColumn.objects.get(column=made).formula == f'{{{{@{company.pk}}}}} + "!"'
    columns.rename(company, "Organisation")
    assert column_lifecycle.shown(made) == {"formula": '{{Organisation}} + "!"'}


def test_a_field_names_its_source_by_name_or_id(leads: Table, http: Callable[..., Column]) -> None:
    profile = http()
    by_name = formula_columns.create(leads, "City", "extract", {"source": "Profile", "path": "data.city"})
    by_id = formula_columns.create(leads, "Name", "extract", {"source": profile.pk, "path": "data.name"})
    assert column_lifecycle.shown(by_name) == {"source": profile.pk, "path": "data.city", "default": ""}
    assert column_lifecycle.shown(by_id)["source"] == profile.pk
    odd = columns.create(leads, str(profile.pk))
    column_lifecycle.change(by_id, config={"source": profile.pk, "path": "data.zip"})
    assert column_lifecycle.shown(by_id)["source"] == profile.pk
    by_name = formula_columns.create(leads, "Odd", "extract", {"source": str(profile.pk), "path": "a"})
    assert column_lifecycle.shown(by_name)["source"] == odd.pk


@pytest.mark.parametrize(
    ("type", "config", "field"),
    [
        ("formula", {}, "formula"),
        ("formula", {"formula": " "}, "formula"),
        ("formula", {"formula": "{{Compny}}"}, "formula"),
        ("formula", {"formula": "{{Company}} +"}, "formula"),
        ("formula", {"formula": "1", "speed": 2}, "speed"),
        ("extract", {"path": "a"}, "source"),
        ("extract", {"source": "Nothing", "path": "a"}, "source"),
        ("extract", {"source": "Company", "path": ""}, "path"),
        ("extract", {"source": "Company", "path": "a..b"}, "path"),
        ("extract", {"source": "Company", "path": "a", "default": "{{"}, "default"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_field(type: str, config: Any, field: str, leads: Table) -> None:
    with pytest.raises(InvalidSettings) as refused:
        formula_columns.create(leads, "New", type, config)
    assert {problem.field for problem in refused.value.problems} == {field}
    assert not Column.objects.filter(name="New").exists()


def test_a_mistake_in_a_formula_is_told_at_its_place_with_a_fix(leads: Table) -> None:
    with pytest.raises(InvalidSettings) as refused:
        formula_columns.create(leads, "New", "formula", {"formula": '1 +\n {{Compny}} + "x"'})
    [problem] = refused.value.problems
    assert (problem.line, problem.column, problem.offset, problem.length) == (2, 2, 5, 10)
    assert problem.edit
    assert problem.edit.text == "{{Company}}"


def test_a_column_cannot_use_its_own_result(leads: Table) -> None:
    made = formula_columns.create(leads, "Label", "formula", {"formula": "1"})
    with pytest.raises(InvalidSettings, match="own result"):
        formula_columns.save(made, {"formula": "{{Label}} + 1"})


def test_a_draft_shows_the_first_rows_and_stores_nothing(leads: Table) -> None:
    tried = formula_columns.draft(Column(table=leads, type="formula"), {"formula": "{{Size}} * 2"}).rows
    assert [(item.result.state, item.result.value) for item in tried][:2] == [("done", 20), ("done", 500)]
    assert not Column.objects.filter(type="formula").exists()


def test_a_draft_of_chosen_rows_uses_the_saved_settings_for_what_it_leaves_out(leads: Table) -> None:
    made = formula_columns.create(leads, "City", "extract", {"source": "Company", "path": "a", "default": '"none"'})
    row = Row.objects.filter(table=leads).latest("sort_key")
    [item] = formula_columns.draft(made, {"path": "b"}, [row.pk]).rows
    assert (item.row, item.result.value) == (row, "none")


@pytest.mark.usefixtures("impatient")
def test_a_formula_that_hangs_does_not_hold_a_draft(leads: Table) -> None:
    endless = "(() => { while (true) {} })()"
    tried = formula_columns.draft(Column(table=leads, type="formula"), {"formula": endless}).rows
    assert {item.result.state for item in tried} == {"failed"}
    assert "too long" in tried[0].result.error_message


def test_a_formula_over_a_missing_value_names_it(leads: Table) -> None:
    tried = formula_columns.draft(Column(table=leads, type="formula"), {"formula": "{{Size}}.trim()"}).rows
    assert tried[0].result.state == "done"
    assert (tried[2].result.state, tried[2].result.error_message) == ("missing_input", "{{Size}} is empty")


def test_a_circle_over_kinds_is_refused_and_named(leads: Table, http: Callable[..., Column]) -> None:
    profile = http()
    formula_columns.create(leads, "City", "extract", {"source": "Profile", "path": "city"})
    formula_columns.create(leads, "Label", "formula", {"formula": "{{City}}"})
    with pytest.raises(Refused, match="Profile → Label → City → Profile"):
        column_lifecycle.change(profile, config={"body": '{"label": "{{Label}}"}'})


def test_a_field_that_field_paths_left_out_is_read_from_the_stored_answer(
    leads: Table, http: Callable[..., Column], answer: Callable[..., None]
) -> None:
    profile = http(field_paths=["name"])
    rows = list(Row.objects.filter(table=leads).order_by("sort_key")[:2])
    answer(profile, {rows[0].pk: {"name": "A"}, rows[1].pk: {"name": "B"}})
    run = Run.objects.create(table=leads, column=profile, scope="all")
    Cell.objects.filter(row=rows[0], column=profile).update(run_id=run.pk)
    response = {"status": 200, "headers": {}, "body": '{"name": "A", "city": "Utrecht"}', "truncated": False}
    Attempt.objects.create(
        row_id=rows[0].pk, column=profile, run=run, number=1, started_at=timezone.now(), response=response
    )
    tried = formula_columns.draft(
        Column(table=leads, type="extract"), {"source": profile.pk, "path": "city"}, [row.pk for row in rows]
    ).rows
    assert [item.result.value for item in tried] == ["Utrecht", None]


def test_a_draft_says_where_texts_that_are_numbers_are_joined(leads: Table) -> None:
    formula = {"formula": "{{Size}} + {{Size}}"}
    tried = formula_columns.draft(Column(table=leads, type="formula"), formula).rows
    assert [item.result.value for item in tried] == ["1010", "250250", None]
    assert tried[0].problem
    assert tried[0].problem.severity == "warning"
    assert "10 + 10 gives 1010" in tried[0].problem.message
    assert tried[0].problem.edit
    assert tried[0].problem.edit.text == "Number({{Size}})"
    assert tried[1].problem is None


def test_a_number_column_is_added_and_again_text_is_joined_when_its_type_changes(leads: Table) -> None:
    made = formula_columns.create(leads, "Twice", "formula", {"formula": "{{Size}} + {{Size}}"})
    size = columns.live(leads)[1]
    for type, expected in (("number", [20, 500, None]), ("text", ["1010", "250250", None])):
        columns.change_type(size, type)
        tried = formula_columns.draft(made).rows
        assert [item.result.value for item in tried] == expected
        assert [bool(item.problem) for item in tried] == [type == "text", False, False]
