"""What an upgrade, a backup and a restore of a large data folder take.

`python -m benchmarks.upgrade [--rows 1000000]`. The folder is one of the last release: its tables are made by the
migrations of that release, with a result and an attempt for each row. On SQLite.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LAST_RELEASE = {"enrichment": "0027_send_journal", "tables": "0025_attempt_limits", "workspaces": "0002_audit_log"}
BLOCK = 1000  # rows
STRIDE = 2**32  # between sort keys
CONFIG = {"method": "POST", "url": "https://api.example/companies", "auto_update": False}
REQUEST = {"method": "POST", "url": "https://api.example/companies", "headers": [], "body": "x" * 60}
RESPONSE = {"status": 200, "headers": [{"name": "content-type", "value": "x" * 60}], "body": "x" * 150}


def fill(rows: int) -> None:
    """Makes the tables of the last release in the data folder of this process, and a workspace with a table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    last = [*LAST_RELEASE.items(), ("sessions", "0001_initial")]
    executor.migrate(last)
    _make_table(executor.loader.project_state(last).apps, rows)


def _make_table(apps: Any, rows: int) -> None:
    from django.utils import timezone

    def make(app: str, model: str, **fields: Any) -> Any:
        return apps.get_model(app, model).objects.create(**fields)

    now = timezone.now()
    user = make("workspaces", "User", email="owner@example.com")
    workspace = make("workspaces", "Workspace", name="Before")
    make("workspaces", "Membership", user=user, workspace=workspace, role="owner")
    facts = {"row_count": rows, "last_key": rows * STRIDE, "created_by": user}
    table = make("tables", "Table", workspace=workspace, name="Leads", **facts)
    name, profile, length = (
        make("tables", "Column", table=table, name=title, type=kind, position=number)
        for number, (title, kind) in enumerate([("Company", "text"), ("Profile", "http"), ("Length", "formula")])
    )
    config = CONFIG | {"body": f'{{"name": "{{{{@{name.pk}}}}}"}}'}
    make("enrichment", "HttpColumn", column=profile, config=config)
    make("enrichment", "FormulaColumn", column=length, formula=f"LEN({{{{@{name.pk}}}}})")
    run = make("enrichment", "Run", table=table, column=profile, scope="all", state="paused", total=rows)
    _store(apps, "tables", "RowBlock", _blocks(table.pk, rows))
    values = ({"table": table, "sort_key": n * STRIDE, "values": {str(name.pk): f"C{n}"}} for n in range(1, rows + 1))
    _store(apps, "tables", "Row", values)
    row_ids = apps.get_model("tables", "Row").objects.order_by("pk").values_list("pk", flat=True)
    half = row_ids[: rows // 2]
    ended = {"state": "done", "value": {"size": 10}, "column": profile, "run_id": run.pk, "finished_at": now}
    _store(apps, "tables", "Cell", ({"row_id": pk, **ended} for pk in half))
    sent = {"column": profile, "run": run, "number": 1, "started_at": now, "request": REQUEST, "response": RESPONSE}
    _store(apps, "enrichment", "Attempt", ({"row_id": pk, **sent} for pk in half))
    run.done, run.cursor, run.last_row = rows // 2, half[rows // 2 - 1], row_ids[rows - 1]
    run.save()


def _blocks(table_id: int, rows: int) -> Iterator[dict[str, int]]:
    for first in range(1, rows + 1, BLOCK):
        yield {"table_id": table_id, "start": first * STRIDE, "count": min(BLOCK, rows + 1 - first)}


def _store(apps: Any, app: str, name: str, things: Iterable[dict[str, Any]]) -> None:
    model = apps.get_model(app, name)
    for batch in batched(things, 10_000):
        model.objects.bulk_create([model(**fields) for fields in batch])


def made(folder: Path, rows: int) -> None:
    """Makes such a data folder."""
    _run(folder, "-m", "benchmarks.upgrade", "--fill", str(rows))


def _run(folder: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"MARL_DATA_DIR": str(folder)}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--fill", type=int, help="only make a data folder, of MARL_DATA_DIR, with so many rows")
    given = parser.parse_args()
    if given.fill:
        fill(given.fill)
        return
    with tempfile.TemporaryDirectory() as name:
        old, new, backup = Path(name) / "old", Path(name) / "new", Path(name) / "backup.zip"
        made(old, given.rows)
        print("| | seconds | MB |\n|-|-|-|")
        for what, folder, result, arguments in (
            ("upgrade it", old, old / "marl.sqlite3", ["migrate", "--no-input"]),
            ("back it up", old, backup, ["backup", str(backup)]),
            ("restore it", new, new / "marl.sqlite3", ["restore", str(backup), "--nothing-since"]),
        ):
            begun = time.monotonic()
            _run(folder, "manage.py", *arguments)
            seconds = time.monotonic() - begun
            print(f"| {what} | {seconds:,.1f} | {result.stat().st_size / 1e6:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
