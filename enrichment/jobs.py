"""Everything a step needs to know about its run, read once: settings, connection, limits, names."""

from dataclasses import dataclass
from datetime import timedelta

from enrichment import columns, loop
from enrichment.compiled import CompiledColumn
from enrichment.engine.ratelimit import Limit
from enrichment.http_config import RateLimit
from enrichment.limiter import Limiter
from enrichment.models import Connection, HttpColumn, Run
from enrichment.tokens import Signer
from tables.models import Column


@dataclass(frozen=True, slots=True)
class Job:
    run: Run
    compiled: CompiledColumn
    connection: Connection | None
    signer: Signer | None
    limiter: Limiter
    names: dict[int, str]

    @property
    def lease(self) -> timedelta:
        """Longer than a claimed row can take: its wait for a slot, a sign-in, the request and its replay."""
        return timedelta(milliseconds=2 * self.compiled.config.timeout_ms, seconds=60)


def load(run: Run) -> Job:
    """Raises InvalidSettings when a reference or path no longer holds."""
    http = HttpColumn.objects.select_related("column__table", "connection").get(column_id=run.column_id)
    return of_settings(run, columns.compiled(http), http.connection)


def of_settings(run: Run, compiled: CompiledColumn, connection: Connection | None) -> Job:
    names = dict(Column.with_deleted.filter(table_id=run.table_id).values_list("pk", "name"))
    return Job(
        run=run,
        compiled=compiled,
        connection=connection,
        signer=Signer(connection) if connection else None,
        limiter=Limiter(loop.redis(), f"column:{run.column_id}", _limit(compiled.config.rate_limit)),
        names=names,
    )


def _limit(rate: RateLimit | None) -> Limit | None:
    return Limit(rate.requests, rate.duration_ms / 1000) if rate else None
