"""The database as it is at one moment, while others go on writing into it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import batched
from typing import Any, Protocol

from django.apps import apps
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from workspaces.backups import lines
from workspaces.backups.lines import Kind
from workspaces.backups.manifest import Database

_AT_ONCE = 1000  # rows of SQLite
_SESSIONS = ("django_session", "workspaces_browsersession")  # whoever finds a backup could go on with them


class Snapshot(Protocol):
    database: Database

    def migrations(self) -> list[tuple[str, str]]:
        """Returns those that are applied, app and name, in order."""

    def lines(self, table: str, columns: Sequence[tuple[str, Kind]]) -> Iterator[bytes]:
        """Returns whole lines, some at a time or one."""

    def last_id(self, model: type[models.Model]) -> int | None:
        """Returns the highest id that a table ever gave out; None where it gives out none."""


def tables() -> list[type[models.Model]]:
    """Returns the models whose tables a backup keeps."""
    found = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if _is_kept(model)}
    return [found[name] for name in sorted(found)]


def _is_kept(model: type[models.Model]) -> bool:
    return model._meta.managed and not model._meta.proxy and model._meta.db_table not in _SESSIONS


def columns_of(model: type[models.Model]) -> list[tuple[str, Kind]]:
    return [(str(field.column), lines.kind_of(field)) for field in model._meta.local_concrete_fields]


def taken() -> AbstractContextManager[Snapshot]:
    """The database stays at this moment for whoever reads it here, and nobody waits for them."""
    return of_sqlite(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else _of_postgresql()


@contextmanager
def of_sqlite(file: str) -> Iterator[Snapshot]:
    with closing(sqlite3.connect(file, timeout=20, isolation_level=None)) as session:
        session.execute("PRAGMA query_only = 1")
        session.execute("BEGIN")
        yield _Sqlite(session)


@contextmanager
def _of_postgresql() -> Iterator[Snapshot]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL datestyle = 'ISO, YMD'")
            cursor.execute("SET LOCAL bytea_output = 'hex'")
            cursor.execute("SET LOCAL extra_float_digits = 1")
        yield _PostgreSql()


class _Sqlite:
    database: Database = "sqlite"

    def __init__(self, session: sqlite3.Connection) -> None:
        self._session = session

    def migrations(self) -> list[tuple[str, str]]:
        return self._session.execute(_migrations()).fetchall()

    def lines(self, table: str, columns: Sequence[tuple[str, Kind]]) -> Iterator[bytes]:
        kinds = [kind for _, kind in columns]
        every = f"SELECT {_names(columns)} FROM {_quoted(table)}"  # noqa: S608
        for rows in batched(self._session.execute(every), _AT_ONCE):
            yield "".join(f"{lines.line_of(row, kinds)}\n" for row in rows).encode()

    def last_id(self, model: type[models.Model]) -> int | None:
        if not isinstance(model._meta.auto_field, models.AutoField):
            return None
        given = self._session.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [model._meta.db_table])
        return int((given.fetchone() or [0])[0])


class _PostgreSql:
    database: Database = "postgresql"

    def migrations(self) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(_migrations())
            return list(cursor.fetchall())

    def lines(self, table: str, columns: Sequence[tuple[str, Kind]]) -> Iterator[bytes]:
        out = f"COPY {_quoted(table)} ({_names(columns)}) TO STDOUT"
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(out) as copy:
            yield from map(bytes, copy)

    def last_id(self, model: type[models.Model]) -> int | None:
        auto = model._meta.auto_field
        if not isinstance(auto, models.AutoField):
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [_quoted(model._meta.db_table), auto.column])
            given = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {cursor.fetchone()[0]}"  # noqa: S608
            cursor.execute(given)
            return int(cursor.fetchone()[0])


def _migrations() -> str:
    return f"SELECT app, name FROM {MigrationRecorder.Migration._meta.db_table} ORDER BY id"  # noqa: S608


def _names(columns: Sequence[tuple[str, Any]]) -> str:
    return ", ".join(_quoted(name) for name, _ in columns)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
