"""The engine can be imported and tested alone."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
from enrichment import engine
for module in pkgutil.walk_packages(engine.__path__, "enrichment.engine."):
    importlib.import_module(module.name)
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""
STRANGERS = {"_quickjs", "aiohttp", "celery", "config", "django", "httpx", "ninja", "redis", "tables", "workspaces"}


def test_importing_the_engine_loads_no_framework_and_nothing_that_sends() -> None:
    printed = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=60)
    loaded = set(printed.stdout.strip("[]\n").replace("'", "").split(", "))
    assert "enrichment" in loaded
    assert loaded.isdisjoint(STRANGERS)
