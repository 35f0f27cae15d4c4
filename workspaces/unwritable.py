"""Why nothing can be stored, in words for whoever wanted to: a disk that is full, what is read-only, or others."""

import errno
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction

log = logging.getLogger(__name__)

_UNTIL = "Marl can't store anything until {}. What was stored before is safe."
FULL = "The disk is full: " + _UNTIL.format("some space is free")
READ_ONLY = "The data folder is read-only: " + _UNTIL.format("it can write there again")
DATABASE_FULL = "The disk of the database is full: " + _UNTIL.format("some space is free")
DATABASE_READ_ONLY = "The database is read-only: " + _UNTIL.format("it takes changes again")
BUSY = "The database is busy, and this waited too long for it. Try again in a moment."
REDIS_STUCK = "The disk of Redis is full or read-only: " + _UNTIL.format("Redis can write there again")

_PROBED = 64 * 1024  # bytes
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM}
_OF_POSTGRESQL = {"53100": DATABASE_FULL, "25006": DATABASE_READ_ONLY}
_OF_SQLITE = {sqlite3.SQLITE_FULL: FULL, sqlite3.SQLITE_READONLY: READ_ONLY, sqlite3.SQLITE_BUSY: BUSY}
_UNCLEAR = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}  # errors of SQLite that the folder may explain


def why(error: BaseException) -> str:
    """Returns the reason in a sentence or two, or nothing for an error that is about something else."""
    return next(filter(None, map(_why, _with_causes(error))), "")


def noted(write: Callable[[], object]) -> bool:
    """Writes what only notes who reads. Returns False where nothing can be stored: that keeps nobody from reading."""
    try:
        with transaction.atomic():
            write()
    except DatabaseError as error:
        if not (reason := why(error)):
            raise
        log.warning("not noted: %s", reason)
        return False
    return True


def of_data_folder() -> str:
    """Returns why nothing can be written into the data folder, or nothing if it can: a little is, and removed again."""
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(bytes(_PROBED))
            file.flush()
    except OSError as error:
        return _of_system(error)
    return ""


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


def _why(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, OSError):
        return _of_system(error)
    if str(error).startswith("MISCONF"):  # Redis refuses what it could not save
        return REDIS_STUCK
    return _OF_POSTGRESQL.get(str(getattr(error, "sqlstate", "")), "")


def _of_sqlite(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details
    return of_data_folder() if code in _UNCLEAR else _OF_SQLITE.get(code, "")


def _of_system(error: OSError) -> str:
    if error.errno in _FULL:
        return FULL
    is_ours = isinstance(error.filename, str) and Path(error.filename).is_relative_to(settings.DATA_DIR)
    return READ_ONLY if error.errno == errno.EROFS or (error.errno in _FORBIDDEN and is_ours) else ""
