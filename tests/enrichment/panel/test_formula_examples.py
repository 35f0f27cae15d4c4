"""The examples of the formula panel are over columns that are there."""

import pytest

from enrichment.panel.formula_examples import of_columns
from tables.models import Column, ColumnType


def column(name: str, kind: ColumnType) -> Column:
    return Column(name=name, type=kind)


def test_an_example_is_over_the_first_column_of_its_type() -> None:
    columns = [column("Firm", ColumnType.TEXT), column("Staff", ColumnType.NUMBER), column("Town", ColumnType.TEXT)]
    assert of_columns(columns) == [
        '{{Staff}} > 50 ? "big" : "small"',
        "UPPER({{Firm}})",
        '{{Firm}} + " " + {{Town}}',
    ]


def test_a_brace_in_a_name_is_written_so_that_the_example_can_be_taken() -> None:
    assert of_columns([column("A}}B", ColumnType.TEXT)]) == [r"UPPER({{A\}\}B}})"]


@pytest.mark.parametrize("columns", [[], [column("Paid", ColumnType.CHECKBOX)]])
def test_a_table_without_such_columns_has_examples_too(columns: list[Column]) -> None:
    assert "UPPER({{Country}})" in of_columns(columns)
