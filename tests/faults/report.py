"""`python -m tests.faults.report [pytest's options]`: runs the crash cases on both databases and prints their table."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.services import POSTGRES

HEAD = ("fault", "database", "request", "rows", "lost", "sent twice", "shown as", "seconds until the run ended")


def run_tests(database_url: str | None, options: list[str], told: Path) -> int:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment.setdefault("MARL_TEST_FROZEN", "60")
    if database_url:
        environment["DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "pytest", "tests/faults", "-q", f"--junitxml={told}", *options]
    return subprocess.run(command, env=environment, stdout=sys.stderr).returncode


def lines(told: Path) -> Iterator[str]:
    for case in ElementTree.parse(told).iter("testcase"):
        failed = case.find("failure") is not None
        for found in case.iterfind("properties/property[@name='outcome']"):
            yield line(json.loads(found.attrib["value"]), failed)


def line(outcome: dict[str, object], failed: bool) -> str:
    *others, seconds = outcome.values()
    return row(*map(shown, others), f"{seconds}{' (failed)' if failed else ''}")


def shown(value: object) -> str:
    return ", ".join(f"{number} {state}" for state, number in value.items()) if isinstance(value, dict) else str(value)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    table, codes = [row(*HEAD), row(*["-"] * len(HEAD))], []
    with tempfile.TemporaryDirectory() as folder:
        for number, url in enumerate([None, os.environ.get("DATABASE_URL", POSTGRES)]):
            told = Path(folder) / f"{number}.xml"
            codes.append(run_tests(url, sys.argv[1:], told))
            table += lines(told)
    print("\n".join(table))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
