"""The switches of the inputs that a row can't do without."""

from typing import Any

import pytest
from django.http import QueryDict

from enrichment.panel import required
from enrichment.panel.required import Input
from enrichment.schema import HttpConfig
from tables.models import Column, Table

pytestmark = pytest.mark.django_db

URL = "https://api.example/{{Company}}?size={{Size}}"


def form(*inputs: str, on: tuple[str, ...] = ()) -> QueryDict:
    posted = QueryDict(mutable=True)
    posted.setlist("inputs", ["", *inputs])
    posted.setlist("required", list(on))
    return posted


def config(url: str = URL, required: list[str] | None = None) -> dict[str, Any]:
    return HttpConfig(url=url, required=list(required) if required is not None else None).model_dump()


def chosen(posted: QueryDict, leads: Table, url: str = URL, before: dict[str, Any] | None = None) -> object:
    return required.chosen(posted, Column(table=leads), config(url), before or config())["required"]


def test_every_reference_has_a_switch_and_those_of_the_address_start_on(leads: Table) -> None:
    assert required.listed(Column(table=leads), config()) == [Input("Company", True), Input("Size", False)]
    assert required.listed(Column(table=leads), config(required=["Size"])) == [
        Input("Company", False),
        Input("Size", True),
    ]
    assert required.listed(Column(table=leads), config("https://api.example")) == []


def test_what_is_required_without_a_reference_can_be_switched_off(leads: Table) -> None:
    assert required.listed(Column(table=leads), config("", ["Size"])) == [Input("Size", True)]
    assert chosen(form("Size", on=("Size",)), leads, "", config("", ["Size"])) == ["Size"]
    assert chosen(form("Size"), leads, "", config("", ["Size"])) == []


def test_the_switches_of_the_form_count(leads: Table) -> None:
    assert chosen(form("Company", "Size", on=("Size",)), leads) == ["Size"]
    assert chosen(form("Company", "Size"), leads) == []


def test_a_column_that_has_just_come_into_the_address_is_required(leads: Table) -> None:
    assert chosen(form(), leads) == ["Company"]
    assert chosen(form("Size", on=("Size",)), leads) == ["Size", "Company"]


def test_a_column_that_the_request_no_longer_refers_to_is_let_go(leads: Table) -> None:
    assert chosen(form("Company", on=("Company",)), leads, "https://api.example") == []


def test_a_form_without_switches_leaves_the_settings_alone(leads: Table) -> None:
    settings = config(required=["Size"])
    assert required.chosen(QueryDict(), Column(table=leads), settings, config()) == settings
