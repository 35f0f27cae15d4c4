"""Everything that a step needs to know about its run, read once: settings, connection, limits, names."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from enrichment.columns import http as http_columns
from enrichment.columns.compiled import CompiledColumn
from enrichment.connections import settings as connection_settings
from enrichment.connections.response_condition import ResponseCondition
from enrichment.connections.token_cache import TokenCache
from enrichment.engine.limits.rate import Limit
from enrichment.engine.messages import Request
from enrichment.http_client import event_loop
from enrichment.http_client.concurrency import PermitPool
from enrichment.http_client.rate_limit import Limiter
from enrichment.models import Connection, HttpColumn, Run
from enrichment.schema import RateLimit
from tables.models import Column


@dataclass(frozen=True, slots=True)
class Job:
    run: Run
    compiled: CompiledColumn
    connection: Connection | None
    token_cache: TokenCache | None
    limiter: Limiter
    names: dict[int, str]
    success: ResponseCondition | None

    def permit_pools(self, request: Request) -> tuple[PermitPool, PermitPool]:
        """Returns where this request counts while it is under way: its column and its host."""
        host = self.compiled.request.url.fixed_host or urlsplit(request.url).hostname
        column = event_loop.permits().pool(f"column:{self.run.column_id}", self.compiled.config.max_in_flight)
        return column, event_loop.permits().pool(f"host:{host}", settings.MAX_PER_HOST)


def load(run: Run) -> Job:
    """Loads the job of a run. Raises InvalidSettings when a reference or path no longer holds."""
    http = HttpColumn.objects.select_related("column__table", "connection").get(column_id=run.column_id)
    return of_settings(run, http_columns.compiled(http), http.connection)


def of_settings(run: Run, compiled: CompiledColumn, connection: Connection | None) -> Job:
    """Makes the job of settings that need not be saved."""
    names = dict(Column.with_deleted.filter(table_id=run.table_id).values_list("pk", "name"))
    return Job(
        run=run,
        compiled=compiled,
        connection=connection,
        token_cache=TokenCache(connection) if connection else None,
        limiter=Limiter(event_loop.redis(), _limits(run, compiled, connection)),
        names=names,
        success=ResponseCondition(compiled.success) if compiled.success else None,
    )


def _limits(run: Run, compiled: CompiledColumn, connection: Connection | None) -> dict[str, Limit | None]:
    """Returns the column's own limit and that of all columns with this connection."""
    limits = {f"column:{run.column_id}": _limit(compiled.config.rate_limit)}
    if connection and (shared := connection_settings.rate_limit_of(connection.config)):
        limits[f"connection:{connection.pk}"] = _limit(shared)
    return limits


def _limit(rate: RateLimit | None) -> Limit | None:
    return Limit(rate.requests, rate.duration_ms / 1000) if rate else None
