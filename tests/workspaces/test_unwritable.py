"""What is said where nothing can be stored."""

import errno
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client

from workspaces import actors, unwritable
from workspaces.models import ApiToken, BrowserSession, Role, User, Workspace
from workspaces.tokens import create_api_token


def full_database(path: Path) -> sqlite3.Error:
    """The error of SQLite itself, for a file that may not grow."""
    with closing(sqlite3.connect(path)) as session:
        session.execute("CREATE TABLE held (text)")
        session.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as raised:
            session.execute("INSERT INTO held VALUES (?)", ["long " * 10_000])
    return raised.value


def of_django(error: Exception) -> OperationalError:
    """As Django raises the errors of drivers."""
    raised = OperationalError(*error.args)
    raised.__cause__ = error
    return raised


def test_a_database_that_may_not_grow_has_a_full_disk(tmp_path: Path) -> None:
    assert unwritable.why(of_django(full_database(tmp_path / "some.sqlite3"))) == unwritable.FULL


def test_a_database_that_is_read_only_is_called_that(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite3"
    path.touch()
    only_read = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with closing(only_read) as session, pytest.raises(sqlite3.OperationalError) as raised:
        session.execute("CREATE TABLE held (text)")
    assert unwritable.why(of_django(raised.value)) == unwritable.READ_ONLY


def test_a_database_that_others_write_into_for_long_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(path, timeout=0)) as session:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as raised:
            session.execute("BEGIN IMMEDIATE")
    assert unwritable.why(of_django(raised.value)) == unwritable.BUSY


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), unwritable.FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), unwritable.FULL),
        (OSError(errno.EROFS, "Read-only file system"), unwritable.READ_ONLY),
        (PermissionError(errno.EACCES, "Permission denied", "/somewhere/else"), ""),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), ""),
        (of_django(psycopg.errors.DiskFull()), unwritable.DATABASE_FULL),
        (of_django(psycopg.errors.ReadOnlySqlTransaction()), unwritable.DATABASE_READ_ONLY),
        (of_django(psycopg.errors.DeadlockDetected()), ""),
        (redis.ResponseError("MISCONF Errors writing to the AOF file: No space left"), unwritable.REDIS_STUCK),
        (redis.ConnectionError("Connection refused"), ""),
    ],
)
def test_each_reason_has_words_of_its_own(error: Exception, words: str) -> None:
    assert unwritable.why(error) == words


def test_an_error_of_input_and_output_is_explained_by_the_folder(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    settings.DATA_DIR = tmp_path
    assert unwritable.why(error) == ""

    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert unwritable.why(error) == unwritable.FULL
    assert unwritable.of_data_folder() == unwritable.FULL


def test_what_is_forbidden_in_the_data_folder_is_told_as_read_only(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    forbidden = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "uploads" / "one.csv"))
    assert unwritable.why(forbidden) == unwritable.READ_ONLY


def test_looking_leaves_nothing_in_the_data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert unwritable.of_data_folder() == ""
    assert not list(tmp_path.iterdir())


def refuse_writes(execute: Callable[..., Any], sql: str, *of: Any) -> Any:
    """Lets a disk be full for what Django executes."""
    if sql.startswith(("INSERT", "UPDATE")):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise of_django(error)
    return execute(sql, *of)


@pytest.mark.django_db
def test_whoever_is_signed_in_goes_on_reading_while_the_disk_is_full(
    viewer: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(viewer)
    with connection.execute_wrapper(refuse_writes):
        assert client.get("/settings/account").status_code == 200
    assert not BrowserSession.objects.exists()
    client.get("/settings/account")
    assert BrowserSession.objects.exists()


@pytest.mark.django_db
def test_a_token_goes_on_reading_while_the_disk_is_full(viewer: User, workspace: Workspace) -> None:
    text = create_api_token(workspace, "Nightly", Role.VIEWER, viewer)[1]
    with connection.execute_wrapper(refuse_writes):
        assert actors.actor_of_token(text)
    assert ApiToken.objects.get().last_used_at is None
