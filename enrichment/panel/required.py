"""The columns that a request refers to, each with a switch: a row that lacks a required value isn't sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from enrichment import graph
from enrichment.engine.template import inputs
from enrichment.engine.template.references import Names
from tables.models import Column


@dataclass(frozen=True, slots=True)
class Input:
    name: str  # of the column
    is_required: bool


def listed(column: Column, config: Mapping[str, Any]) -> list[Input]:
    """Returns those that these settings refer to or require, in the order of the columns."""
    names = graph.names_of(column.table_id)
    required = _required(config, names)
    used = _used(config, names)
    return [Input(name, name in required) for name in names.values() if name in used | required]


def chosen(form: QueryDict, column: Column, config: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `config` with what the switches of the form require.

    A column that has just come into the address has no switch yet: it is required, because without it there is no
    address. One that the request no longer refers to is let go.
    """
    if "inputs" not in form:
        return dict(config)
    names = graph.names_of(column.table_id)
    switched_on = [name for name in form.getlist("required") if name in form.getlist("inputs")]
    new = _names(inputs.address_ids(config, names), names) - set(form.getlist("inputs"))
    kept = _used(config, names) | (_required(base, names) - _used(base, names))
    return {**config, "required": [name for name in (*switched_on, *sorted(new)) if name in kept]}


def _required(config: Mapping[str, Any], names: Names) -> set[str]:
    if config["required"] is None:
        return _names(inputs.address_ids(config, names), names)
    return set(map(str, config["required"]))


def _used(config: Mapping[str, Any], names: Names) -> set[str]:
    return _names(inputs.column_ids(config, names), names)


def _names(ids: set[int] | list[int], names: Names) -> set[str]:
    return {names[pk] for pk in ids if pk in names}
