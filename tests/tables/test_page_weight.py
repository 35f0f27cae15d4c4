"""What a browser loads before the table page works: small enough for a slow line."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from tables.models import Table
from workspaces.models import User

BOUND = 250_000  # bytes, compressed
LINKED = re.compile(r'(?:href|src)="/?static/([^"]+\.(?:css|js))"')
IMPORTED = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')


def with_imports(path: Path) -> set[Path]:
    """The editor is left out: a script imports it by `import(…)` when a field needs it."""
    found, waiting = set[Path](), {path}
    while waiting:
        found |= waiting
        waiting = {path.parent / name for path in waiting for name in IMPORTED.findall(path.read_text())} - found
    return found


def test_the_table_page_is_light(table: Table, editor: User, client_for: Callable[[User], Client]) -> None:
    if not (settings.BASE_DIR / "static" / "build").is_dir():
        pytest.skip("The scripts are not built: run make test.")
    page = client_for(editor).get(f"/tables/{table.pk}").content
    linked = [Path(str(finders.find(name))) for name in LINKED.findall(page.decode())]
    files = {file for path in linked for file in with_imports(path)}
    assert {"marl.css", "table.js"} <= {file.name for file in files}
    assert len(files) <= 4, "each file is a request"
    weights = {file.name: len(gzip.compress(file.read_bytes())) for file in files}
    assert len(gzip.compress(page)) + sum(weights.values()) < BOUND, weights
