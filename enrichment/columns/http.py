"""The settings of HTTP columns: checked, kept with column ids, shown with names."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from enrichment import graph
from enrichment.columns.compiled import CompiledColumn, compile_column, to_shown, to_stored
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.models import Connection, HttpColumn
from enrichment.schema import HttpConfig, problems_of, unstorable
from tables import columns as table_columns
from tables import events
from tables.models import Column, ColumnType, Table


def defaults() -> dict[str, Any]:
    return HttpConfig().model_dump()


def create(table: Table, name: str, config: Mapping[str, Any]) -> Column:
    """Raises InvalidSettings, Cycle or Refused, and then nothing is made."""
    with transaction.atomic():
        column = table_columns.create(table, name, ColumnType.HTTP)
        stored, connection = _check(column, config)
        HttpColumn.objects.create(column=column, connection=connection, config=stored.model_dump())
    return column


def save(column: Column, config: Mapping[str, Any]) -> None:
    """`config` may leave out what stays. Raises InvalidSettings or Cycle."""
    with transaction.atomic():
        stored, connection = _check(column, shown(column) | dict(config))
        HttpColumn.objects.update_or_create(
            column=column, defaults={"connection": connection, "config": stored.model_dump()}
        )
        transaction.on_commit(lambda: events.publish_columns(column.table_id))


def shown(column: Column) -> dict[str, Any]:
    """The settings as the API gives them: names in templates."""
    http = _settings_of(column)
    names = graph.names_of(column.table_id)
    return to_shown(HttpConfig(**http.config), names).model_dump() | {"connection_id": http.connection_id}


def draft(
    column_or_table: Column | Table, config: Mapping[str, Any] | None
) -> tuple[CompiledColumn, Connection | None]:
    """What would run: the saved settings, or these in their place. Raises InvalidSettings."""
    if isinstance(column_or_table, Column) and config is None:
        http = _settings_of(column_or_table)
        return compiled(http), http.connection
    column = column_or_table if isinstance(column_or_table, Column) else Column(table=column_or_table)
    given = (shown(column) if column.pk else defaults()) | dict(config or {})
    stored, connection = _check(column, given, for_saving=False)
    return compile_column(stored, graph.names_of(column.table_id)), connection


def compiled(http: HttpColumn) -> CompiledColumn:
    return compile_column(HttpConfig(**http.config), graph.names_of(http.column.table_id))


def _settings_of(column: Column) -> HttpColumn:
    found = HttpColumn.objects.filter(column=column).select_related("column", "connection").first()
    return found or HttpColumn(column=column, config=defaults())


def _check(
    column: Column, given: Mapping[str, Any], *, for_saving: bool = True
) -> tuple[HttpConfig, Connection | None]:
    """Raises InvalidSettings with every problem at its field, or Cycle."""
    settings = dict(given)
    confirmed = settings.pop("confirm_host", None)
    try:
        config = HttpConfig(**settings)
    except ValidationError as error:
        raise InvalidSettings(problems_of(error)) from error
    names = graph.names_of(column.table_id)
    stored, problems = to_stored(config, names)
    problems += unstorable(stored.model_dump())
    ready = None
    try:
        ready = compile_column(stored, names)
    except InvalidSettings as error:
        unknown = {(problem.field, problem.offset) for problem in problems}
        problems += [problem for problem in error.problems if (problem.field, problem.offset) not in unknown]
    connection = _connection(column, config.connection_id, problems)
    if connection and for_saving and ready:
        _check_host(connection, ready.request.url.fixed_host, confirmed, problems)
    if ready and column.pk and column.pk in ready.column_ids:
        problems.append(Problem("A column can't use its own result.", field="url", reference=column.name))
    if any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    if ready and column.pk:
        graph.refuse_cycle(column, ready.column_ids)
    return stored, connection


def _connection(column: Column, pk: int | None, problems: list[Problem]) -> Connection | None:
    if pk is None:
        return None
    found = Connection.objects.filter(pk=pk, workspace_id=column.table.workspace_id).first()
    if not found:
        problems.append(Problem("This connection doesn't exist.", field="connection_id", fix="Choose another one."))
    return found


def _check_host(connection: Connection, host: str, confirmed: object, problems: list[Problem]) -> None:
    """Credentials go to a host only after somebody said so; for hosts from cells, the connection's list counts."""
    if not host or connection_settings.allows(connection, host):
        return
    if isinstance(confirmed, str) and confirmed.lower() == host:
        connection_settings.allow(connection, host)
        return
    problems.append(
        Problem(
            f"“{connection.name}” hasn't sent its credentials to {host} before.",
            field="confirm_host",
            reference=host,
            fix=f"Confirm that {host} may receive them, or choose another connection.",
        )
    )
