"""Writes a backup while everything runs: whole and checked, or not at all."""

import hashlib
import os
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model
from django.utils import timezone

from workspaces.backups import folder, manifest, reading, snapshots
from workspaces.backups.manifest import FORMAT, Manifest, Stored, Table
from workspaces.backups.progress import Progress, Say
from workspaces.backups.snapshots import Snapshot
from workspaces.refusals import Refused

_BLOCK = 1 << 20  # bytes


def write(path: Path, say: Say) -> Manifest:
    """Writes a backup, readable by its owner alone, and checks it. Raises Refused, and then there is no file."""
    check_place(path)
    _check_migrated()
    try:
        with _whole_or_none(path) as part:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                written = _Writer(archive, Progress(say)).write()
            reading.verify(part, say)
    except OSError as error:
        raise Refused(f"The backup can't be written to {path}: {error.strerror}. There is none.") from error
    except (DatabaseError, sqlite3.Error) as error:
        raise Refused(f"The database can't be read, so there is no backup: {error}") from error
    return written


def check_place(path: Path) -> None:
    """Raises Refused where a file must not be written."""
    own = settings.DATA_DIR / folder.BACKUPS
    if path.exists():
        raise Refused(f"{path} is there already. Choose another name, or delete it first.")
    if path.resolve().is_relative_to(settings.DATA_DIR) and path.resolve().parent != own:
        words = f"{path} is in the data folder, which would be lost with it, and would be in every later backup."
        raise Refused(f"{words} Choose another folder, or {own}, which backups leave out.")
    if path.resolve().parent == own:
        own.mkdir(mode=0o700, exist_ok=True)
    if not path.parent.is_dir():
        raise Refused(f"The folder {path.parent} isn't there. Make it first.")


def _check_migrated() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused("The database isn't one of this version of Marl. Run `manage.py migrate` first.")


@contextmanager
def _whole_or_none(path: Path) -> Iterator[Path]:
    """Yields the path of a new file, which takes its name when the block has ended well, and goes otherwise."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


class _Writer:
    def __init__(self, archive: zipfile.ZipFile, progress: Progress) -> None:
        self._archive, self._progress = archive, progress

    def write(self) -> Manifest:
        made_at = timezone.now()
        with snapshots.taken() as snapshot:
            tables = [self._table(snapshot, model) for model in snapshots.tables()]
            migrations = snapshot.migrations()
        written = Manifest(
            format=FORMAT,
            version=settings.VERSION,
            made_at=made_at,
            database=snapshot.database,
            migrations=tuple(migrations),
            tables=tuple(tables),
            files=tuple(self._files()),
        )
        self._archive.writestr(manifest.NAME, written.model_dump_json(indent=1))
        return written

    def _table(self, snapshot: Snapshot, model: type[Model]) -> Table:
        name, columns = model._meta.db_table, snapshots.columns_of(model)
        table = Table(name=name, columns=tuple(columns), rows=0, bytes=0, sha256="", last_id=snapshot.last_id(model))
        size, digest, rows = self._entry(table.entry, snapshot.lines(name, columns), name)
        return table.model_copy(update={"bytes": size, "sha256": digest, "rows": rows})

    def _files(self) -> Iterator[Stored]:
        for path in folder.kept(settings.DATA_DIR):
            stored = Stored(path=path.as_posix(), bytes=0, sha256="")
            try:
                file = (settings.DATA_DIR / path).open("rb")
            except FileNotFoundError:
                continue  # an upload that was imported meanwhile
            with file:
                pieces = iter(partial(file.read, _BLOCK), b"")
                size, digest, _ = self._entry(stored.entry, pieces, stored.path)
            yield stored.model_copy(update={"bytes": size, "sha256": digest})

    def _entry(self, name: str, pieces: Iterable[bytes], what: str) -> tuple[int, str, int]:
        """Returns its size, its digest and its number of lines."""
        size, rows, digest = 0, 0, hashlib.sha256()
        with self._archive.open(name, "w", force_zip64=True) as entry:
            for block in _joined(pieces):
                entry.write(block)
                digest.update(block)
                size += len(block)
                rows += block.count(b"\n")
                self._progress.at(what, rows)
        return size, digest.hexdigest(), rows


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)
