"""Sources that fetch the accounts of a CRM, run as the workers do. Models are imported late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from enrichment.models import Source
    from tables.models import Table
    from workspaces.models import User


@pytest.fixture
def source(leads: Table, editor: User, given: Callable[..., dict[str, Any]]) -> Callable[..., Source]:
    from enrichment.sources import settings

    def make(**more: Any) -> Source:
        return settings.create(leads, editor, "CRM accounts", given(**more))

    return make


@pytest.fixture
def run() -> Callable[..., Any]:
    """Runs a source to its end, as the workers do, and returns its import."""
    from enrichment.models import SourceRun
    from enrichment.sources import runs
    from tables.imports import job

    def to_its_end(source: Source) -> Any:
        started = runs.start(source, source.created_by)
        runs.fetch(started.pk)
        job.run(started.import_job_id)
        return SourceRun.objects.select_related("import_job").get(pk=started.pk).import_job

    return to_its_end


@pytest.fixture
def shown(leads: Table) -> Callable[[], list[list[Any]]]:
    """The values of the rows, by column, in the order of both."""
    from tables.models import Column, Row

    def read() -> list[list[Any]]:
        columns = [str(pk) for pk in Column.objects.filter(table=leads).values_list("pk", flat=True)]
        rows = Row.objects.filter(table=leads).order_by("sort_key")
        return [[row.values.get(column) for column in columns] for row in rows]

    return read
