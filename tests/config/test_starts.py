"""What a process loads before it can work: each is started often, and restarts while somebody waits."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from config.celery import app
from celery.fixups.django import DjangoWorkerFixup
DjangoWorkerFixup(app).validate_models()
print("config.urls" in sys.modules)
import config.urls
print("openpyxl" in sys.modules)
"""


def test_workers_load_no_page_and_pages_no_reader_of_workbooks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings", "MARL_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["False", "False"], done.stderr[-2000:]
