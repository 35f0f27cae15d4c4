"""The newest Marl goes on with a data folder of the last release, and with a backup of one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from benchmarks import upgrade
from tests.servers import marl
from workspaces.backups import manifest, snapshots, writing

ROWS = 2500


@pytest.fixture(scope="module")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    upgrade.made(folder, ROWS)
    return folder


def test_a_data_folder_of_the_last_release_is_taken_over(last_release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(last_release, folder)
    with marl.running(folder) as app, app.api() as api:
        [table] = api.get("/tables").raise_for_status().json()["items"]
        assert (table["name"], table["row_count"]) == ("Leads", ROWS)
        address = f"/tables/{table['id']}"
        first, last = (
            api.get(f"{address}/rows", params={"offset": offset, "limit": 1}).raise_for_status().json()["items"][0]
            for offset in (0, ROWS - 1)
        )
        company, profile, _ = first["cells"].values()
        assert (company["value"], profile["state"], profile["value"]) == ("C1", "done", {"size": 10})
        assert next(iter(last["cells"].values()))["value"] == f"C{ROWS}"
        added = api.post(f"{address}/rows", json={"rows": [{"Company": "Northwind"}]})
        assert added.is_success, added.text
        again = api.get(f"{address}/rows", params={"offset": ROWS, "limit": 1}).json()["items"][0]
        assert next(iter(again["cells"].values()))["value"] == "Northwind"
        [run] = api.get(f"{address}/runs").raise_for_status().json()["items"]
        assert (run["state"], run["counts"]["done"]) == ("paused", ROWS // 2)


def test_what_the_last_release_had_is_there_still() -> None:
    """Whoever renames a migration of it breaks every upgrade."""
    assert MigrationLoader(None).disk_migrations.keys() >= set(upgrade.LAST_RELEASE.items())


def test_a_backup_of_the_last_release_becomes_one_of_this(
    last_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = MigrationLoader(None).project_state([*upgrade.LAST_RELEASE.items(), ("sessions", "0001_initial")])
    monkeypatch.setattr(snapshots, "apps", before.apps)
    monkeypatch.setattr(snapshots, "taken", lambda: snapshots.of_sqlite(str(last_release / "marl.sqlite3")))
    monkeypatch.setattr(writing, "_check_migrated", lambda: None)
    backup = tmp_path / "backup.zip"
    written = writing.write(backup, lambda _: None)
    assert set(written.migrations) >= set(upgrade.LAST_RELEASE.items())
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"MARL_DATA_DIR": str(tmp_path / "new")}
    for arguments in (["restore", str(backup)], ["migrate", "--check"], ["backup", str(tmp_path / "now.zip")]):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=upgrade.ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    archive, now = manifest.opened(tmp_path / "now.zip")
    archive.close()
    assert {table.name: table.rows for table in now.tables}["tables_row"] == ROWS
