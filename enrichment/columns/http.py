"""The settings of HTTP columns: parsed, compiled, stored with column ids, shown with names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from enrichment import graph
from enrichment.columns.compiled import CompiledColumn, compile_column, to_shown, to_stored
from enrichment.connections import settings as connection_settings
from enrichment.dataflow import earlier_requests
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template.references import Names
from enrichment.models import Connection, HttpColumn
from enrichment.schema import HttpConfig, problems_of, unstorable
from tables import columns as table_columns
from tables import events, storage
from tables.models import Column, ColumnType, Table


@dataclass(frozen=True, slots=True)
class Draft:
    """Settings that would run: nothing is wrong with them, saved or not."""

    compiled: CompiledColumn
    connection: Connection | None


def create(table: Table, name: str, config: Mapping[str, Any]) -> Column:
    """Raises InvalidSettings or Refused, and then nothing is made."""
    with transaction.atomic():
        column = table_columns.create(table, name, ColumnType.HTTP)
        _store(column, config)
    return column


def save(column: Column, config: Mapping[str, Any]) -> None:
    """Changes the settings; `config` may leave out what stays. Raises InvalidSettings or Refused."""
    with transaction.atomic():
        storage.lock_table(column.table_id)  # two saves at once could close a cycle that neither of them sees
        _store(column, shown(column) | dict(config))
        transaction.on_commit(lambda: events.publish_columns(column.table_id))


def shown(column: Column) -> dict[str, Any]:
    """Returns the settings as the API gives them, with names in templates; the defaults of a column without any."""
    http = _settings_of(column)
    names = graph.names_of(column.table_id)
    return to_shown(HttpConfig(**http.config), names).model_dump() | {"connection_id": http.connection_id}


def draft(column: Column, config: Mapping[str, Any] | None = None) -> Draft:
    """Returns what would run: the saved settings, or these in their place. Raises InvalidSettings or Refused."""
    if config is None:
        http = _settings_of(column)
        return Draft(compiled(http), http.connection)
    return _checked(column, shown(column) | dict(config), graph.names_of(column.table_id))


def compiled(http: HttpColumn) -> CompiledColumn:
    """Raises InvalidSettings when a reference no longer leads anywhere."""
    return compile_column(HttpConfig(**http.config), graph.names_of(http.column.table_id))


def _settings_of(column: Column) -> HttpColumn:
    stored = HttpColumn.objects.filter(column_id=column.pk).select_related("column", "connection").first()
    return stored or HttpColumn(column=column, config=HttpConfig().model_dump())


def _store(column: Column, settings: Mapping[str, Any]) -> None:
    """Writes settings that hold, and that their host may receive the credentials where `confirm_host` says so."""
    names = graph.names_of(column.table_id)
    checked = _checked(column, settings, names)
    connection_settings.confirm(
        checked.connection, checked.compiled.request.url.fixed_host, settings.get("confirm_host")
    )
    before: dict[str, Any] | None = HttpColumn.objects.filter(column=column).values_list("config", flat=True).first()
    stored = to_stored(checked.compiled, names)
    http, _ = HttpColumn.objects.update_or_create(
        column=column, defaults={"connection": checked.connection, "config": stored.model_dump()}
    )
    if before is not None:
        earlier_requests.note(http, stored.request_digest, HttpConfig(**before).request_digest)


def _checked(column: Column, settings: Mapping[str, Any], names: Names) -> Draft:
    """Parses and compiles; writes nothing. Raises InvalidSettings with every problem at its field, or Refused."""
    config = _parsed(settings)
    problems = unstorable(config.model_dump())
    ready = _compiled(config, names, problems)
    connection = connection_settings.chosen(column.table.workspace_id, config.connection_id, problems)
    if ready and column.pk in ready.column_ids:
        problems.append(Problem("A column can't use its own result.", field="url", reference=column.name))
    if ready is None or any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    if column.pk:
        graph.refuse_cycle(column, ready.column_ids)
    return Draft(ready, connection)


def _parsed(settings: Mapping[str, Any]) -> HttpConfig:
    try:
        return HttpConfig(**{name: value for name, value in settings.items() if name != "confirm_host"})
    except ValidationError as error:
        raise InvalidSettings(problems_of(error)) from error


def _compiled(config: HttpConfig, names: Names, problems: list[Problem]) -> CompiledColumn | None:
    try:
        return compile_column(config, names)
    except InvalidSettings as error:
        problems += error.problems
        return None
