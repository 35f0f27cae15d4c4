"""`make run` installs fewer packages than `make test`: the app must do with them."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDITION = "tables.imports.readers.arrow.__main__"  # a program for requirements-parquet.txt
PROGRAM = """
import importlib, pkgutil, sys
blocked = set(sys.argv[1].split(","))

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is only there for the tests")

sys.meta_path.insert(0, Blocker())
import django
django.setup()
for app in ("config", "workspaces", "tables", "enrichment", "single_sign_on"):
    for module in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
        if module.name != sys.argv[2]:
            importlib.import_module(module.name)
import celery.apps.worker, celery.apps.beat, celery.worker.consumer, kombu.transport.redis, uvicorn.protocols.http.auto
"""


def pinned(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    return {re.split(r"[=\[ ]", line)[0].lower().replace("_", "-") for line in lines if re.match(r"[a-zA-Z]", line)}


def test_the_app_needs_no_package_of_the_tests(tmp_path: Path) -> None:
    only_tests = pinned("requirements-dev.txt") - pinned("requirements.txt")
    assert "pytest" in only_tests
    modules = {
        module
        for module, packages in packages_distributions().items()
        if all(package.lower().replace("_", "-") in only_tests for package in packages)
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(sorted(modules)), ADDITION],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings", "MARL_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
