"""A table of companies with columns that are computed, and what the workers would do for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tables.models import Column, Table
    from workspaces.models import User, Workspace


@pytest.fixture
def leads(workspace: Workspace, editor: User) -> Table:
    """Three rows of Company and Size."""
    from tables import rows, tables
    from workspaces.actors import Actor
    from workspaces.models import Role

    table = tables.create(Actor(editor, workspace, Role.EDITOR), "Leads", [("Company", "text"), ("Size", "text")])
    rows.append(table, [{"Company": name, "Size": size} for name, size in (("Acme", "10"), ("Fabrikam", "250"))])
    rows.append(table, [{"Company": "Contoso"}])
    return table


@pytest.fixture
def http(leads: Table) -> Callable[..., Column]:
    """Makes an HTTP column, called Profile unless said otherwise; nothing listens at its address."""
    from enrichment import columns

    def make(name: str = "Profile", body: str = '{"name": "{{Company}}"}', **config: Any) -> Column:
        return columns.create(leads, name, {"url": "http://127.0.0.1:9/companies", "body": body} | config)

    return make


@pytest.fixture
def answer() -> Callable[..., None]:
    """Ends rows of an HTTP column with these values, {row id: value}, as a run does."""
    from datetime import timedelta

    from enrichment import claims, results, runs
    from enrichment.results import Result

    def store(column: Column, values: dict[int, Any], state: str = "done") -> None:
        run = runs.plan(column, {"ids": list(values)}, automatic=True)
        claims.take(run.pk, len(values), timedelta(minutes=1))
        told = "404 · no such company" if state == "failed" else ""
        results.store(run, [Result(pk, state, value, told and "http", told) for pk, value in values.items()])
        runs.finish(run.pk)

    return store


@pytest.fixture
def compute() -> Callable[[Table], None]:
    """What a worker does with the ledger, to its end."""
    from enrichment import recompute

    def advance(table: Table) -> None:
        token = ""
        while again := recompute.advance(table.pk, token):
            token = again[0]

    return advance


@pytest.fixture
def cells() -> Callable[[Column], list[Any]]:
    """(state, value) of a column's cells, in the order of the rows; None where there is no cell."""
    from tables.models import Cell, Row

    def read(column: Column) -> list[Any]:
        found = {cell.row_id: (cell.state, cell.value) for cell in Cell.objects.filter(column=column)}
        return [found.get(row.pk) for row in Row.objects.filter(table=column.table_id).order_by("position")]

    return read


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, dict[str, Any]]]:
    """The cells that were told to the browsers."""
    from tables import events

    told: list[tuple[int, int, dict[str, Any]]] = []
    monkeypatch.setattr(events, "publish_cells", lambda table_id, cells: told.extend(cells))
    return told
