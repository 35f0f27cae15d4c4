"""What comes of answers that are no list, and of items that are no rows."""

from typing import Any

import pytest

from enrichment.models import Source
from enrichment.runs.results import Result
from enrichment.sources import fetching, settings
from tables import columns as table_columns
from tables.models import CellState, Column, Import, Table
from tests.servers.shape_books import AccountsBook
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [["Acme", "10"], ["Fabrikam", "250"], ["Contoso", None]]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([{"name": "Acme"}], "There is no list at “data.items”. The answer itself is the list: leave “List at” empty."),
        ("We'll be back soon", "There is no list at “data.items”. The answer is a text: We'll be back soon"),
        ({"error": {"message": "quota exceeded"}}, "The answer has no list, and says: quota exceeded"),
        ({"data": {"items": None}, "errors": ["no such view"]}, "The answer has no list, and says: no such view"),
    ],
)
def test_an_answer_that_is_no_list_is_not_taken_for_an_empty_one(source: Any, answer: object, words: str) -> None:
    result = Result(0, CellState.DONE, value=answer)
    with pytest.raises(Refused) as refused:
        fetching.items_of(settings.of_source(source()), result)
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"data": {"items": []}}, "The list of the API was empty."),
        ({"total": 0, "error": None}, "The answer has nothing at “data.items”, which counts as an empty list."),
        ({"data": {"items": []}, "error": "slow down"}, "The list of the API was empty. The answer says: slow down"),
    ],
)
def test_why_there_are_no_items_is_said(source: Any, answer: object, words: str) -> None:
    draft, result = settings.of_source(source()), Result(0, CellState.DONE, value=answer)
    assert (fetching.items_of(draft, result), fetching.of_empty(draft, result)) == ([], words)


def test_items_without_any_of_the_fields_make_no_rows(source: Any, run: Any, shown: Any, crm: AccountsBook) -> None:
    crm.accounts = ["a", None, {"id": 7}, {"name": "Zeta"}]
    done = run(source())
    assert (done.state, done.counts["added"]) == (Import.State.DONE, 1)
    [words] = [warning["message"] for warning in done.warnings]
    assert words.startswith("3 items have no “name” or ")
    assert words.endswith(" They were left out.")


def test_a_list_of_which_no_item_has_a_field_fails(source: Any, run: Any, shown: Any, crm: AccountsBook) -> None:
    crm.accounts = ["a", 5]
    failed = run(source())
    assert failed.state == Import.State.FAILED
    assert failed.error.startswith("None of the 2 items has “name” or ")
    assert shown() == BEFORE


def test_a_value_too_deep_for_a_cell_is_named(source: Any, run: Any, shown: Any, crm: AccountsBook) -> None:
    deep: Any = "x"
    for _ in range(250):
        deep = {"in": deep}
    crm.accounts = [{"name": "Acme"}, {"name": deep}]
    failed = run(source())
    words = "Item 2 has a value for “Company” that is nested more than 200 levels deep, which no cell holds."
    assert (failed.state, failed.error) == (
        Import.State.FAILED,
        f"{words} Choose a field inside it. Nothing was changed.",
    )
    assert shown() == BEFORE


def test_a_field_whose_column_was_deleted_is_told(source: Any, run: Any, leads: Table) -> None:
    made = source()
    table_columns.delete(Column.objects.get(table=leads, name="Size"))
    done = run(Source.objects.get(pk=made.pk))
    assert done.state == Import.State.DONE
    words = "The column that “staff” goes into was deleted, so that it was left out."
    assert words in [warning["message"] for warning in done.warnings]
