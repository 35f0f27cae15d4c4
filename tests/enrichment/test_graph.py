"""Which columns use which: orders, what depends on what, and cycles."""

from collections.abc import Callable

import pytest

from enrichment import graph
from enrichment.columns import formula as formula_columns
from enrichment.graph import Graph
from enrichment.models import FormulaColumn
from tables.models import Column, Table
from workspaces.refusals import Refused

# Columns 1 and 2 are plain; 5 and 6 are formulas, 7 to 9 send requests.
DEPENDENCIES = Graph(
    formulas={6: frozenset({5, 1}), 5: frozenset({7})},
    requests={7: frozenset({2}), 8: frozenset({6}), 9: frozenset({1, 2})},
)


def test_a_column_comes_after_those_that_it_refers_to() -> None:
    assert DEPENDENCIES.in_order([8, 6, 5, 7, 1]) == [7, 5, 6, 8]
    assert DEPENDENCIES.in_order([6, 9, 2]) == [6, 9]


def test_what_depends_on_a_column_is_found_through_columns_of_every_kind() -> None:
    assert DEPENDENCIES.formulas_depending_on([7]) == {5, 6}
    assert DEPENDENCIES.requests_depending_on([2]) == {7, 8, 9}
    assert DEPENDENCIES.requests_using([2]) == {7, 9}
    assert DEPENDENCIES.with_inputs([8, 1]) == {5, 6, 7, 8}
    assert [pk for pk in (7, 8, 9) if DEPENDENCIES.needs_results(pk)] == [8]


@pytest.fixture
def formula(leads: Table) -> Callable[[str, str], Column]:
    return lambda name, text: formula_columns.create(leads, name, "formula", {"formula": text})


@pytest.mark.django_db(transaction=True)
def test_a_cycle_is_told_from_the_column_that_would_close_it(formula: Callable[[str, str], Column]) -> None:
    first = formula("First", "{{Company}}")
    second = formula("Second", "{{First}}")
    third = formula("Third", "{{Second}} + {{First}}")
    assert [column.name for column in graph.users_of(first)] == ["Second", "Third"]
    with pytest.raises(Refused) as caught:
        graph.refuse_cycle(first, [second.pk])
    assert str(caught.value) == "These columns would wait for each other: First → Second → First."
    assert (caught.value.code, caught.value.status) == ("cycle", 409)
    with pytest.raises(Refused, match="Second → Third → Second"):
        graph.refuse_cycle(second, [third.pk])
    graph.refuse_cycle(third, [first.pk, second.pk])


@pytest.mark.django_db(transaction=True)
def test_a_cycle_elsewhere_does_not_keep_other_columns_from_changing(formula: Callable[[str, str], Column]) -> None:
    first, second, other = formula("First", "1"), formula("Second", "{{First}}"), formula("Other", "2")
    FormulaColumn.objects.filter(column=first).update(formula=f"{{{{@{second.pk}}}}}")
    graph.refuse_cycle(other, [])
    with pytest.raises(Refused, match="First → Second → First"):
        graph.refuse_cycle(other, [first.pk])
