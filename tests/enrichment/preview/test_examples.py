"""What the menus of references show of each column."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.columns import lifecycle
from enrichment.engine.template import paths
from enrichment.engine.template.paths import MISSING
from enrichment.preview import examples
from tables.models import Column, Row, Table

ANSWER = {
    "data": {"city": "Köln", "tags": ["a", "b"]},
    "people": [{"name": "Ann"}, {"name": "Bob", "age": 3}],
    "a.b": None,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=25,
)


def by_path(value: object) -> dict[str, tuple[str, str, object]]:
    return {field["path"]: (field["in"], field["kind"], field["value"]) for field in examples.fields(value)}


def test_fields_are_listed_with_the_paths_that_references_read() -> None:
    assert by_path(ANSWER) == {
        "data": ("", "object", ""),
        "data.city": ("data", "value", "Köln"),
        "data.tags": ("data", "list", ""),
        "data.tags[0]": ("data.tags", "value", "a"),
        "people": ("", "list", ""),
        "people[0]": ("people", "object", ""),
        "people[0].name": ("people[0]", "value", "Ann"),
        "people[*]": ("people", "each", ""),
        "people[*].name": ("people[*]", "each", "Ann, Bob"),
        '["a.b"]': ("", "value", ""),
    }
    assert [field["size"] for field in examples.fields(ANSWER)][:3] == [2, None, 2]


def test_a_long_value_is_cut_and_many_fields_are_bounded() -> None:
    [field] = examples.fields({"text": "word " * 100})
    assert len(field["value"]) == examples.LONGEST
    assert field["value"].endswith("…")
    assert len(examples.fields({str(number): number for number in range(1000)})) == examples.MOST_FIELDS


@given(JSON)
def test_every_path_leads_to_something(value: object) -> None:
    for field in examples.fields(value):
        assert paths.dotted(field["path"]).get(value) is not MISSING


@pytest.mark.django_db
def test_a_column_without_a_result_in_the_row_is_shown_by_its_first_one(
    leads: Table, http: Callable[..., Column], answer: Callable[..., None]
) -> None:
    profile, other = http(), http("Other")
    acme, fabrikam, _ = Row.objects.filter(table=leads).order_by("sort_key")
    answer(profile, {acme.pk: None}, "failed")
    answer(profile, {fabrikam.pk: ANSWER})
    shown: dict[str, Any] = examples.of_table(leads, acme)
    assert shown["row"] == {"id": acme.pk, "position": 0}
    items = {item["column_id"]: item for item in shown["items"]}
    assert [(item["name"], item["value"], item["position"]) for item in shown["items"]][:2] == [
        ("Company", "Acme", 0),
        ("Size", "10", 0),
    ]
    assert (items[profile.pk]["position"], items[profile.pk]["size"]) == (1, 3)
    assert (items[other.pk]["position"], items[other.pk]["fields"]) == (None, [])


@pytest.mark.django_db
def test_an_empty_table_has_columns_without_values(leads: Table) -> None:
    assert [item["value"] for item in examples.of_table(leads, None)["items"]] == ["", ""]


@pytest.mark.django_db
def test_fields_become_columns_next_to_their_source_and_go_together(
    leads: Table,
    http: Callable[..., Column],
    answer: Callable[..., None],
    compute: Callable[[Table], None],
    cells: Callable[[Column], list[Any]],
) -> None:
    profile = http()
    http("Last")
    acme = Row.objects.filter(table=leads).order_by("sort_key")[0]
    answer(profile, {acme.pk: ANSWER})
    new = [lifecycle.NewField("data.city", "City"), lifecycle.NewField("people[*].name", "Size")]
    city, people = lifecycle.create_fields(profile, new)
    compute(leads)
    [tags] = lifecycle.create_fields(profile, [lifecycle.NewField("data.tags", "Tags")])
    names = list(Column.objects.filter(table=leads).values_list("name", flat=True))
    assert names == ["Company", "Size", "Profile", "City", "Size 2", "Tags", "Last"]
    assert [cells(city)[0], cells(people)[0]] == [("done", "Köln"), ("done", ["Ann", "Bob"])]
    lifecycle.delete(city, people, tags)
    assert Column.objects.filter(table=leads).count() == 4
    lifecycle.restore(*Column.with_deleted.filter(pk__in=[city.pk, people.pk, tags.pk]))
    assert list(Column.objects.filter(table=leads).values_list("name", flat=True)) == names
