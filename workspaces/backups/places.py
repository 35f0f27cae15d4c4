"""Where a backup may be restored: into nothing, so that nothing is overwritten or mixed."""

import shutil

from django.conf import settings
from django.db import connection

from workspaces.backups import folder
from workspaces.backups.manifest import Manifest
from workspaces.refusals import Refused

_FILLED_BY_MIGRATIONS = {"django_migrations", "django_content_type", "auth_permission"}
_INDEXES = 3  # times the backed up text that a database takes, with its indexes, while it is filled


def check_empty() -> None:
    """Raises Refused where there are rows or files already."""
    own = {*connection.introspection.django_table_names(), *_FILLED_BY_MIGRATIONS}
    for table in _tables():
        if table not in own:
            raise Refused(f"The database has a table {table}, which isn't Marl's. Name another one in DATABASE_URL.")
        if table not in _FILLED_BY_MIGRATIONS and _has_rows(table):
            raise Refused(
                f"The database isn't empty: {table} has rows. A backup is restored into an empty place only. "
                "Name another data folder in MARL_DATA_DIR, or another database in DATABASE_URL."
            )
    for path in folder.kept(settings.DATA_DIR):
        raise Refused(
            f"The data folder {settings.DATA_DIR} isn't empty: it has {path}. A backup is restored into an empty "
            "place only. Name another folder in MARL_DATA_DIR."
        )


def check_database(manifest: Manifest) -> None:
    """Raises Refused for a database of another kind that can't take the backup."""
    if manifest.database == "postgresql" and connection.vendor == "sqlite":
        raise Refused(
            "This backup is of PostgreSQL, and DATABASE_URL names none. What PostgreSQL keeps goes into PostgreSQL "
            "alone; a backup of SQLite goes into either."
        )


def check_space(manifest: Manifest) -> None:
    """Raises Refused where what is unpacked would not fit onto the disk of the data folder."""
    files = sum(file.bytes for file in manifest.files)
    rows = 0 if connection.vendor == "postgresql" else _INDEXES * sum(table.bytes for table in manifest.tables)
    free = shutil.disk_usage(settings.DATA_DIR).free
    if files + rows > free:
        needed, there = ((number // 1024**2) + 1 for number in (files + rows, free))
        raise Refused(f"The disk of {settings.DATA_DIR} has {there:,} MiB left, and the backup needs {needed:,} MiB.")


def clear_tables() -> None:
    """Drops the empty tables of a database that was only migrated."""
    with connection.cursor() as cursor:
        for table in _tables():
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")


def let_constraints_wait() -> None:
    """On SQLite: has foreign keys looked at when all is there. Before a transaction; the connection is new after it."""
    connection.disable_constraint_checking()


def _tables() -> list[str]:
    return connection.introspection.table_names()


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608
        return cursor.fetchone() is not None
