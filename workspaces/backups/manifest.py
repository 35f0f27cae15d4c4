"""What a backup says of itself, and how it is read from its file."""

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Literal

from django.db.migrations.loader import MigrationLoader
from pydantic import BaseModel, ConfigDict, ValidationError

from workspaces.backups.lines import Kind
from workspaces.refusals import Refused

NAME = "manifest.json"
FORMAT = 1

type Database = Literal["sqlite", "postgresql"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Stored(_Part):
    """A file of the data folder; `path` is relative to it."""

    path: str
    bytes: int
    sha256: str

    @property
    def entry(self) -> str:
        """Its name in the archive."""
        return f"data/{self.path}"


class Table(_Part):
    """A table of the database. `last_id` is the highest id that it ever gave out, where it counts."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: int
    bytes: int
    sha256: str
    last_id: int | None

    @property
    def entry(self) -> str:
        """Its name in the archive."""
        return f"database/{self.name}.copy"

    @property
    def kinds(self) -> list[Kind]:
        return [kind for _, kind in self.columns]


class Manifest(_Part):
    format: int
    version: str  # of Marl
    made_at: datetime
    database: Database
    migrations: tuple[tuple[str, str], ...]  # that were applied: app and name
    tables: tuple[Table, ...]
    files: tuple[Stored, ...]

    @property
    def parts(self) -> list[Table | Stored]:
        """All that the archive has beside this."""
        return [*self.tables, *self.files]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def opened(path: Path) -> tuple[zipfile.ZipFile, Manifest]:
    """Opens a backup. Raises Refused for what is none, is broken, or was made by a newer Marl."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise Refused(f"{path} can't be read: {error.strerror}.") from error
    except zipfile.BadZipFile as error:
        raise Refused(f"{path} isn't a whole backup: its end is missing, or it is another kind of file.") from error
    try:
        return archive, _read(archive, path)
    except Exception:
        archive.close()
        raise


def _read(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        text = archive.read(NAME)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise Refused(f"{path} isn't a backup of Marl: it has no readable {NAME}.") from error
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise Refused(f"{path} was made by a newer Marl, or its {NAME} was changed. Update this Marl first.") from error


def check_version(manifest: Manifest, own_version: str) -> None:
    """Raises Refused for a backup of a newer Marl, whose database this one doesn't know."""
    known = MigrationLoader(None).disk_migrations
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if manifest.format > FORMAT or unknown:
        why = f" It has {unknown[0]}, which this one doesn't know." if unknown else ""
        words = f"This backup was made by Marl {manifest.version}, and this is Marl {own_version}, which is older."
        raise Refused(f"{words}{why} Update this Marl first.")
