"""A backup is whole or not there, says what is wrong with it, and comes back as it was into an empty place alone."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection

from workspaces.backups import folder, manifest, places, reading, writing
from workspaces.backups.manifest import Manifest, Table
from workspaces.models import Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
ODD = "back\\slash, \\N, tab\t, end\r\n, Köln 東京 \U0001f600"


def nothing(_: str) -> None:
    pass


@pytest.fixture
def data(settings: LazySettings, tmp_path: Path) -> Path:
    """A data folder with an upload, and with what a backup leaves out."""
    made = tmp_path / "data"
    for name in ("uploads/a.csv", "recipes/own.json", "encryption-key", "logs/web.log", "marl.sqlite3-wal", "schedule"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    settings.DATA_DIR = made
    return made


@pytest.fixture
def backup(data: Path, workspace: Workspace, tmp_path: Path) -> Path:
    Workspace.objects.filter(pk=workspace.pk).update(name=ODD)
    path = tmp_path / "backup.zip"
    writing.write(path, nothing)
    return path


def described(path: Path) -> Manifest:
    archive, found = manifest.opened(path)
    archive.close()
    return found


def rewritten(path: Path, **changes: Any) -> Path:
    """The same with another manifest."""
    other = path.with_name(f"{uuid4().hex}.zip")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(other, "w") as written:
        for name in archive.namelist():
            content = archive.read(name)
            if name == manifest.NAME:
                content = json.dumps(json.loads(content) | changes).encode()
            written.writestr(name, content)
    return other


def test_a_backup_says_what_it_holds_and_only_its_owner_reads_it(backup: Path) -> None:
    found = described(backup)
    assert [file.path for file in found.files] == ["recipes/own.json", "uploads/a.csv"]
    assert found.database == connection.vendor
    assert {table.name: table.rows for table in found.tables}["workspaces_workspace"] == 1
    assert ("workspaces", "0001_initial") in found.migrations
    assert backup.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_stays(backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(Refused, match="is there already"):
        writing.write(backup, nothing)
    assert backup.read_bytes() == before


def test_a_backup_goes_into_no_folder_that_would_be_lost_with_the_data(data: Path) -> None:
    with pytest.raises(Refused, match="in the data folder"):
        writing.write(data / "uploads" / "backup.zip", nothing)
    writing.write(data / "backups" / "one.zip", nothing)
    writing.write(data / "backups" / "two.zip", nothing)
    assert [file.path for file in described(data / "backups" / "two.zip").files] == [
        "recipes/own.json",
        "uploads/a.csv",
    ]


def test_a_backup_that_cannot_be_written_is_not_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reading, "verify", full)
    with pytest.raises(Refused, match="No space left on device"):
        writing.write(tmp_path / "backup.zip", nothing)
    assert list(tmp_path.iterdir()) == [data]


def test_a_file_that_was_cut_off_is_told(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-200])
    with pytest.raises(Refused, match="isn't a whole backup"):
        described(backup)


def test_a_file_with_a_changed_byte_is_told(backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    at = content.index(b"database/workspaces_workspace.copy") + 60
    content[at] ^= 0xFF
    backup.write_bytes(content)
    with pytest.raises(Refused, match="The backup is broken"):
        reading.verify(backup, nothing)


def test_rows_that_are_not_those_of_the_manifest_are_told(backup: Path) -> None:
    tables = json.loads(described(backup).model_dump_json())["tables"]
    tables[0]["rows"] += 1
    with pytest.raises(Refused, match="isn't what was written"):
        reading.verify(rewritten(backup, tables=tables), nothing)


def test_another_kind_of_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(Refused, match="another kind of file"):
        described(tmp_path / "notes.txt")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(Refused, match="isn't a backup of Marl"):
        described(tmp_path / "other.zip")
    with pytest.raises(Refused, match="can't be read: No such file"):
        described(tmp_path / "missing")


def test_a_backup_of_a_newer_marl_is_refused(backup: Path) -> None:
    newer = described(rewritten(backup, version="9.0.0", migrations=[["workspaces", "9001_more"]]))
    with pytest.raises(Refused, match=r"made by Marl 9\.0\.0, and this is Marl 1\.0\.0.*workspaces\.9001_more"):
        manifest.check_version(newer, "1.0.0")
    with pytest.raises(Refused, match="Update this Marl first"):
        manifest.check_version(described(rewritten(backup, format=2)), "1.0.0")


def test_only_an_empty_place_takes_a_backup(data: Path, workspace: Workspace) -> None:
    with pytest.raises(Refused, match="The database isn't empty: workspaces_workspace has rows"):
        places.check_empty()
    workspace.delete()
    with pytest.raises(Refused, match=r"isn't empty: it has recipes/own\.json"):
        places.check_empty()
    for path in list(folder.kept(data)):
        (data / path).unlink()
    places.check_empty()


def test_a_disk_that_is_too_small_is_told_before_anything_is_done(backup: Path) -> None:
    files = [{"path": "uploads/a.csv", "bytes": 2**60, "sha256": ""}]
    with pytest.raises(Refused, match=r"MiB left, and the backup needs 1,099,511,627,77\d MiB"):
        places.check_space(described(rewritten(backup, files=files)))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The environment of a Marl without anything, on the same kind of database."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment |= {"MARL_DATA_DIR": str(tmp_path / "elsewhere")}
    if connection.vendor == "sqlite":
        yield environment
        return
    with database_of_its_own() as address:
        yield environment | {"DATABASE_URL": address}


@contextmanager
def database_of_its_own() -> Iterator[str]:
    server, name = os.environ["DATABASE_URL"], f"marl_restored_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"'.encode())
        yield f"{server.rpartition('/')[0]}/{name}"
        session.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def manage(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_all_that_was_backed_up_comes_back_once(backup: Path, elsewhere: Mapping[str, str], tmp_path: Path) -> None:
    done = manage(elsewhere, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Restored ")
    again = manage(elsewhere, "restore", str(backup))
    assert again.returncode == 1
    assert again.stderr.startswith("CommandError: The database isn't empty")
    assert manage(elsewhere, "backup", str(tmp_path / "second.zip")).returncode == 0
    first, second = described(backup), described(tmp_path / "second.zip")
    assert {table.name: table for table in second.tables if _is_of_people(table)} == {
        table.name: table for table in first.tables if _is_of_people(table)
    }
    assert second.files == first.files


def _is_of_people(table: Table) -> bool:
    """Not those that Django fills by itself, nor the log, which says that a backup was restored."""
    return not table.name.startswith(("auth_", "django_")) and table.name != "workspaces_auditentry"


def test_a_restore_that_fails_leaves_nothing(backup: Path, elsewhere: Mapping[str, str], tmp_path: Path) -> None:
    files = [{"path": "uploads/a.csv", "bytes": 1, "sha256": ""}]
    done = manage(elsewhere, "restore", str(rewritten(backup, files=files)))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The backup is broken: data/uploads/a.csv isn't what was written")
    assert not list(folder.kept(tmp_path / "elsewhere"))
    assert manage(elsewhere, "restore", str(backup)).returncode == 0


@pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="runs where the tests are given PostgreSQL")
def test_a_backup_of_sqlite_is_restored_into_postgresql_and_not_the_other_way(
    elsewhere: Mapping[str, str], tmp_path: Path
) -> None:
    alone = {name: value for name, value in elsewhere.items() if name != "DATABASE_URL"}
    alone |= {"MARL_DATA_DIR": str(tmp_path / "alone")}
    assert manage(alone, "migrate", "--verbosity", "0").returncode == 0
    assert manage(alone, "api_token", "--name", "moved").returncode == 0
    assert manage(alone, "backup", str(tmp_path / "one.zip")).returncode == 0
    assert manage(elsewhere, "restore", str(tmp_path / "one.zip"), "--nothing-since").returncode == 0
    assert manage(elsewhere, "backup", str(tmp_path / "two.zip")).returncode == 0
    moved = {table.name: table for table in described(tmp_path / "two.zip").tables}
    for table in described(tmp_path / "one.zip").tables:
        if _is_of_people(table):
            assert moved[table.name] == table
    back = manage(alone | {"MARL_DATA_DIR": str(tmp_path / "back")}, "restore", str(tmp_path / "two.zip"))
    assert back.stderr.startswith("CommandError: This backup is of PostgreSQL")
