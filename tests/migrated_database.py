"""The database of each test process: the first one of a test run migrates its own, and the others copy that."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

_creation: Any = connection.creation  # whose stubs lack what databases are made and dropped with


@contextmanager
def migrated_once(shared: Path, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Has Django copy what another process of the run has migrated. Whoever made the copy for the others drops it."""
    migrated, made = _creation.create_test_db, False
    is_there = shared / "migrated"
    if connection.vendor == "sqlite":
        template = str(shared / "migrated.sqlite3")
    else:
        template = f"test_{connection.settings_dict['NAME']}_migrated"

    def create(*arguments: Any, **named: Any) -> str:
        nonlocal made
        with _alone(shared):
            if is_there.exists():
                return _copied_from(template)
            name: str = migrated(*arguments, **named)
            connection.close()  # PostgreSQL copies no database that somebody uses, and SQLite writes all to its file
            _copy(name, template)
            is_there.touch()
            made = True
            return name

    _creation.create_test_db = create
    yield
    if made:
        with _alone(shared), blocker.unblock():
            is_there.unlink()
            _drop(template)


@contextmanager
def _alone(shared: Path) -> Iterator[None]:
    with (shared / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copied_from(template: str) -> str:
    name: str = _creation._get_test_db_name()
    connection.close()
    _copy(template, name)
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
    return name


def _copy(source: str, target: str) -> None:
    if connection.vendor == "sqlite":
        shutil.copyfile(source, target)
        return
    _drop(target)  # of a run that was killed
    with _creation._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _drop(name: str) -> None:
    if connection.vendor == "sqlite":
        Path(name).unlink()
        return
    with _creation._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
