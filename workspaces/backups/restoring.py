"""Brings a backup back into an empty place: all of it, or nothing."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from workspaces.backups import lines, manifest, places, reading
from workspaces.backups.manifest import Manifest, Stored, Table
from workspaces.backups.progress import Progress, Say
from workspaces.refusals import Refused

_AT_ONCE = 1000  # rows of SQLite


def restore(path: Path, say: Say, settle: Callable[[Manifest], None]) -> Manifest:
    """Restores a backup, and has what was under way settled before anybody sees it. Raises Refused: nothing is changed.

    An older backup becomes one of this version.
    """
    archive, described = manifest.opened(path)
    with archive:
        manifest.check_version(described, settings.VERSION)
        places.check_database(described)
        places.check_empty()
        places.check_space(described)
        places.let_constraints_wait()
        try:
            with _no_files_after_a_failure(described), transaction.atomic():
                _fill(archive, described, say)
                call_command("migrate", interactive=False, verbosity=0)
                settle(described)
                for file in described.files:
                    _unpack(archive, file)
        except (DatabaseError, OSError) as error:
            raise Refused(f"The backup can't be restored, and nothing was changed: {error}") from error
        finally:
            connection.close()
    return described


def _fill(archive: zipfile.ZipFile, described: Manifest, say: Say) -> None:
    places.clear_tables()
    _migrate_to(described.migrations)
    if connection.vendor == "postgresql":
        _say_constraints("DEFERRED")  # tables come in any order; migrations have made some look at once
    there, progress = set(connection.introspection.table_names()), Progress(say)
    for table in described.tables:
        if table.name not in there or not {name for name, _ in table.columns} <= _columns_of(table.name):
            raise Refused(f"The backup is broken: its migrations make no table {table.name} with these columns.")
        _load(archive, table, progress)
    if connection.vendor == "postgresql":
        _say_constraints("IMMEDIATE")  # it changes no table of which some are still to be looked at
    else:
        connection.check_constraints()


def _say_constraints(when: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL {when}")


def _migrate_to(migrations: Sequence[tuple[str, str]]) -> None:
    """Makes the tables as they were when the backup was made."""
    executor = MigrationExecutor(connection)
    applied = set(migrations)
    followed = {parent for key in applied for parent in executor.loader.get_migration(*key).dependencies}
    executor.migrate(sorted(applied - followed))


def _columns_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def _load(archive: zipfile.ZipFile, table: Table, progress: Progress) -> None:
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {quoted(table.name)}")  # noqa: S608  what migrations put there
    names = ", ".join(quoted(name) for name, _ in table.columns)
    if connection.vendor == "postgresql":
        _copy(archive, table, names, progress)
    else:
        _insert(archive, table, names, progress)
    if table.last_id is not None:
        _go_on_counting(table.name, table.last_id)


def _copy(archive: zipfile.ZipFile, table: Table, names: str, progress: Progress) -> None:
    into = f"COPY {connection.ops.quote_name(table.name)} ({names}) FROM STDIN"
    done = 0
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(into) as copy:
        for block in reading.blocks(archive, table):
            copy.write(block)
            done += block.count(b"\n")
            progress.at(table.name, done, table.rows)


def _insert(archive: zipfile.ZipFile, table: Table, names: str, progress: Progress) -> None:
    values = ", ".join(["%s"] * len(table.columns))
    into = f"INSERT INTO {connection.ops.quote_name(table.name)} ({names}) VALUES ({values})"  # noqa: S608
    with connection.cursor() as cursor:
        for number, batch in enumerate(batched(reading.lines(archive, table), _AT_ONCE)):
            cursor.executemany(into, [_values_of(line, table) for line in batch])
            progress.at(table.name, number * _AT_ONCE, table.rows)


def _values_of(line: str, table: Table) -> list[Any]:
    try:
        return lines.values_of(line, table.kinds)
    except (KeyError, ValueError) as error:
        raise Refused(
            f"The backup is broken: {table.entry} has a line that isn't one of its rows. Use another backup."
        ) from error


def _go_on_counting(table: str, last_id: int) -> None:
    """Has the next row get an id that none had before, not even one that was deleted."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            name = connection.ops.quote_name(table)
            called = last_id > 0
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, %s)", [name, max(1, last_id), called])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last_id])


@contextmanager
def _no_files_after_a_failure(described: Manifest) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for file in described.files:
            _place_of(file).unlink(missing_ok=True)
        raise


def _unpack(archive: zipfile.ZipFile, file: Stored) -> None:
    place = _place_of(file)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as written:
        for block in reading.blocks(archive, file):
            written.write(block)


def _place_of(file: Stored) -> Path:
    """Raises Refused for a path that leads out of the data folder."""
    path = PurePosixPath(file.path)
    if path.is_absolute() or ".." in path.parts:
        raise Refused(f"The backup is broken: {file.path} would be outside of the data folder.")
    return Path(settings.DATA_DIR / path)
