"""A table of companies with columns that are computed, and what the workers would do for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.ledger_api import LedgerApi
from tests.servers.shape_books import AccountsBook

if TYPE_CHECKING:
    from tables.models import Column, Table
    from tests.servers.echo import Echo
    from workspaces.models import User, Workspace


@pytest.fixture
def leads(workspace: Workspace, editor: User) -> Table:
    """Three rows of Company and Size."""
    from tables import catalog, rows
    from workspaces.actors import Actor
    from workspaces.models import Role

    table = catalog.create(Actor(editor, workspace, Role.EDITOR), "Leads", [("Company", "text"), ("Size", "text")])
    rows.append(table, [{"Company": name, "Size": size} for name, size in (("Acme", "10"), ("Fabrikam", "250"))])
    rows.append(table, [{"Company": "Contoso"}])
    return table


@pytest.fixture
def http(leads: Table) -> Callable[..., Column]:
    """Makes an HTTP column, called Profile unless said otherwise; nothing listens at its address."""
    from enrichment.columns import http as http_columns

    def make(name: str = "Profile", body: str = '{"name": "{{Company}}"}', **config: Any) -> Column:
        settings = {"method": "POST", "url": "http://127.0.0.1:9/companies", "body": body, "auto_update": False}
        return http_columns.create(leads, name, settings | config)

    return make


@pytest.fixture
def answer() -> Callable[..., None]:
    """Ends rows of an HTTP column with these values, {row id: value}, as a run does."""
    from enrichment.runs import claims, lifecycle, results
    from enrichment.runs.results import Result
    from enrichment.worker import heartbeat

    def store(column: Column, values: dict[int, Any], state: str = "done") -> None:
        run = lifecycle.plan(column, {"ids": list(values)}, automatic=True)
        lifecycle.begin(run.pk)
        [claim] = {taken.claim_id for taken in claims.claim(run.pk, len(values), heartbeat.worker_id()).rows}
        told = "404 · no such company" if state == "failed" else ""
        ended = [Result(pk, state, value, told and "http", told, claim_id=claim) for pk, value in values.items()]
        results.store(run, ended)
        lifecycle.finish(run.pk)

    return store


def sweep() -> None:
    """Sweeps once more, some seconds later: a worker has beaten often enough since the last time."""
    from enrichment.models import Worker
    from enrichment.worker import heartbeat, recovery

    Worker.objects.create(beat=heartbeat.BEATS_APART)
    recovery.sweep()


@pytest.fixture
def compute() -> Callable[[Table], None]:
    """What a worker does with the ledger, to its end."""
    from enrichment.dataflow import recalculate

    def advance(table: Table) -> None:
        token = ""
        while again := recalculate.advance(table.pk, token):
            token = again[0]

    return advance


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula may take 0.3 s on a row, not a second."""
    from enrichment.engine.formula import Evaluators

    monkeypatch.setattr(Evaluators.__init__, "__defaults__", (0.3,))


@pytest.fixture
def cells() -> Callable[[Column], list[Any]]:
    """(state, value) of a column's cells, in the order of the rows; None where there is no cell."""
    from tables.models import Cell, Row

    def read(column: Column) -> list[Any]:
        found = {cell.row_id: (cell.state, cell.value) for cell in Cell.objects.filter(column=column)}
        return [found.get(row.pk) for row in Row.objects.filter(table=column.table_id).order_by("sort_key")]

    return read


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, dict[str, Any]]]:
    """The cells that were told to the browsers."""
    from tables import events

    told: list[tuple[int, int, dict[str, Any]]] = []
    monkeypatch.setattr(events, "publish_cells", lambda table_id, cells: told.extend(cells))
    return told


@pytest.fixture
def echo() -> Iterator[Echo]:
    """An API whose answers say what they were made of."""
    from tests.servers.echo import serving

    with serving() as server:
        yield server


@pytest.fixture
def asking(leads: Table, echo: Echo) -> Callable[..., Column]:
    """Makes an HTTP column over the echo: `asking("A", "{{Company}}")`."""
    from enrichment.columns import http as http_columns

    def make(name: str, of: str, **config: Any) -> Column:
        request = {"method": "POST", "url": f"{echo.url}/{name.lower()}", "body": json.dumps({"of": of})}
        settings = request | {"auto_update": False, "retry": {"max_retries": 0}}
        return http_columns.create(leads, name, settings | config)

    return make


@pytest.fixture
def work(compute: Callable[[Table], None]) -> Callable[[Table], None]:
    """What the workers do, until nothing is left; the newest runs go first, so that they meet what is not there yet."""
    from enrichment.models import Run
    from enrichment.worker import step

    def advance(table: Table) -> None:
        tokens: dict[int, str] = {}
        active = Run.objects.filter(table=table, state__in=("planning", "running")).order_by("-pk")
        for _ in range(60):
            compute(table)
            found = list(active.values_list("pk", flat=True))
            if not found:
                return
            for pk in found:
                again = step.advance(pk, tokens.get(pk, ""))
                tokens[pk] = again[0] if again else ""
            step.drain(5)
        raise AssertionError("There is still something to do.")

    return advance


@pytest.fixture
def edit(leads: Table) -> Callable[..., None]:
    """Types values into the row at a position: `edit(0, Company="Acme 2")`."""
    from tables import rows

    def change(position: int, **values: Any) -> None:
        [row] = rows.window(leads, position, 1)
        rows.update(leads, [{"id": row.pk, "cells": values}])

    return change


@pytest.fixture
def stale() -> Callable[[Column], list[bool]]:
    """Whether each result of a column is out of date, in the order of the rows."""
    from tables.models import Cell

    def read(column: Column) -> list[bool]:
        found = Cell.objects.filter(column=column).order_by("row__sort_key")
        return list(found.values_list("stale", flat=True))

    return read


@pytest.fixture
def crm() -> Iterator[AccountsBook]:
    """A CRM on loopback whose accounts come in pages."""
    with LedgerApi() as api:
        book = api.book(kind=AccountsBook)
        assert isinstance(book, AccountsBook)
        book.accounts = [
            {"name": "Acme", "staff": 12},
            {"name": "Zeta", "staff": 3},
            {"name": "Contoso", "staff": None},
        ]
        yield book


@pytest.fixture
def given(crm: AccountsBook) -> Callable[..., dict[str, Any]]:
    """Returns settings of a source of the accounts, which update the rows of a company."""

    def settings(*, config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        pages = {"by": "cursor", "next": "next", "parameter": "page"}
        request = {"url": f"{crm.url}/accounts", "items": "data.items", "pages": pages, "retry": {"max_retries": 0}}
        columns = [{"path": "name", "column": "Company"}, {"path": "staff", "column": "Size"}]
        return {"config": request | (config or {}), "columns": columns, "key": ["Company"], "on_match": "update"} | more

    return settings
