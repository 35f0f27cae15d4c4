"""An API that takes many companies in one request, and columns that send them. Models are imported late."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tables.models import Column


class Companies:
    """An API that takes many companies and says how long their names are."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.keys: list[str] = []
        self.refuses: set[str] = set()  # names that make it refuse all of a request
        self.status = 422
        self.before: list[httpx.Response | httpx.HTTPError] = []  # what comes instead of the first answers
        self.change: Callable[[list[dict[str, Any]]], Any] = lambda items: {"results": items}

    def answer(self, request: httpx.Request) -> httpx.Response:
        names = [record["name"] for record in json.loads(request.content)["records"]]
        self.batches.append(names)
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        if self.before:
            first = self.before.pop(0)
            if isinstance(first, httpx.HTTPError):
                raise first
            return first
        if wrong := [name for name in names if name in self.refuses]:
            return httpx.Response(self.status, json={"error": f"what is {wrong[0]}?"})
        return httpx.Response(200, json=self.change([{"name": name, "length": len(name)} for name in names]))


@pytest.fixture
def companies(monkeypatch: pytest.MonkeyPatch) -> Companies:
    from enrichment.http_client import event_loop

    made = Companies()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(made.answer))
    return made


@pytest.fixture
def batched(http: Callable[..., Column]) -> Callable[..., Column]:
    """Makes a column over a table of Acme, Fabrikam, Contoso and twelve more, in batches of ten."""
    from tables import rows

    def make(**more: Any) -> Column:
        batch = {"rows": 10, "items": "results"} | more.pop("batch", {})
        body = '{"records": [{{#rows}}{"name": "{{Company}}"}{{/rows}}]}'
        made = http(**{"url": "https://api.example/companies/batch", "body": body, "batch": batch} | more)
        rows.append(made.table, [{"Company": f"C{number}"} for number in range(12)])
        return made

    return make
