"""Everything that a step needs to know about its run, read once: settings, connection, limits, names."""

from collections.abc import Collection
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
from enrichment.schema import Asked
from enrichment.worker.polling import Polling
from tables.models import Column, Table


@dataclass(frozen=True, slots=True)
class Job:
    run: Run
    compiled: CompiledColumn
    connection: Connection | None
    token_cache: TokenCache | None
    limiter: Limiter
    names: dict[int, str]
    success: ResponseCondition | None
    polling: Polling | None
    asked: Asked  # of its settings

    @property
    def follows(self) -> bool:
        """Whether an answer may be followed by another request."""
        return self.polling is not None or self.compiled.paging is not None or self.compiled.config.callback is not None

    @property
    def rows_of_request(self) -> int:
        """How many rows go out in one request, at most."""
        return self.compiled.batching.rows if self.compiled.batching else 1

    @property
    def required(self) -> Collection[int]:
        """The columns without whose values a row is not sent.

        A write that nobody asked for needs all that it refers to, unless its settings say that what is blank is left
        out: a contact made of half a row is hard to take back.
        """
        config, required = self.compiled.config, self.compiled.required
        if not self.run.automatic or config.method == "GET" or config.remove_null:
            return required
        return sorted(self.compiled.request.column_ids.union(required))

    def permit_pools(self, request: Request) -> tuple[PermitPool, PermitPool]:
        """Returns where this request counts while it is under way: its column and its host."""
        host = self.compiled.request.url.fixed_host or urlsplit(request.url).hostname
        column = event_loop.permits().pool(f"column:{self.run.column_id}", self.compiled.config.max_in_flight)
        return column, event_loop.permits().pool(f"host:{host}", settings.MAX_PER_HOST)


def load(run: Run) -> Job:
    """Loads the job of a run. Raises InvalidSettings when a reference or path no longer holds."""
    http = HttpColumn.objects.select_related("column__table", "connection").get(column_id=run.column_id)
    return of_settings(run, http_columns.compiled(http), http.connection)


def of_settings(run: Run, compiled: CompiledColumn, connection: Connection | None, sender: str = "") -> Job:
    """Makes the job of settings that need not be saved; `sender` has their limit where no column has it."""
    names = dict(Column.with_deleted.filter(table_id=run.table_id).values_list("pk", "name"))
    return Job(
        run=run,
        compiled=compiled,
        connection=connection,
        token_cache=TokenCache(connection) if connection else None,
        limiter=_limiter(run, compiled, connection, sender or f"column:{run.column_id}"),
        names=names,
        success=ResponseCondition(compiled.success) if compiled.success else None,
        polling=Polling.of(compiled.poll) if compiled.poll else None,
        asked=compiled.config.asked,
    )


def _limiter(run: Run, compiled: CompiledColumn, connection: Connection | None, sender: str) -> Limiter:
    """Returns what keeps the sender's own limit and that of everybody with this connection."""
    shared = connection_settings.rate_limit_of(connection.config) if connection else None
    limits = {sender: compiled.config.rate_limit, f"connection:{connection.pk if connection else 0}": shared}
    return Limiter(
        event_loop.redis(),
        {key: Limit(rate.requests, rate.duration_ms / 1000) for key, rate in limits.items() if rate},
        api=_api(run, compiled.request.url.fixed_host, connection) or sender,
        column=sender,
    )


def _api(run: Run, host: str, connection: Connection | None) -> str:
    """Names what an API's waits and pace are for: all that this workspace sends to its host with one connection.

    Empty where the address comes from cells: what one host says is not for the others.
    """
    if not host:
        return ""
    if connection:
        return f"connection:{connection.pk}:{host}"
    workspace_id = Table.objects.values_list("workspace_id", flat=True).get(pk=run.table_id)
    return f"workspace:{workspace_id}:{host}"
