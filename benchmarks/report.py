"""Runs every benchmark in a short form, and writes what they print, with the machine, to docs/benchmarks.md.

`make benchmark` does this in about ten minutes; `ROWS=1000000 make benchmark` has larger tables and takes longer. What
Marl is compared with is installed into a folder of its own. A benchmark that fails is told, and the others run.
"""

import ast
import os
import platform
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psycopg

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "benchmarks.md"
PEERS = ROOT / ".benchmarks"  # where they are installed
REQUIREMENTS = ROOT / "benchmarks" / "requirements.txt"
ROWS = 50_000  # of a large table, unless somebody asks for others
LONGEST = 180  # seconds of one benchmark, for so many rows


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of this folder, and the arguments of its short form."""

    module: str
    arguments: str = ""

    @property
    def command(self) -> str:
        return f"python -m benchmarks.{self.module} {self.arguments}".strip()

    @property
    def title(self) -> str:
        """What it measures: the first sentence of its module."""
        text = ast.get_docstring(ast.parse((ROOT / "benchmarks" / f"{self.module}.py").read_text())) or self.module
        return re.split(r"(?<=[^.])[.:](?=\s|$)", " ".join(text.split()))[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    benchmark: Benchmark
    seconds: float
    output: str
    failure: str = ""  # why there is no more of it


def benchmarks(rows: int) -> list[Benchmark]:
    """Returns those that are run, for large tables of so many rows."""
    sent = max(500, rows // 20)
    return [
        Benchmark("runs", f"--rows {sent}"),
        Benchmark("runs", f"--rows {sent} --journal"),
        Benchmark("scale", f"--rows {rows} --sent {sent}"),
        Benchmark("shapes", f"--rows {sent} --rounds 1"),
        Benchmark("waiting", f"calls --rows {rows // 5} --seconds 15"),
        Benchmark("waiting", "polls --rows 300 --job 5"),
        Benchmark("waiting", "pages"),
        Benchmark("limits", "--seconds 10"),
        Benchmark("limits", "--api sliding"),
        Benchmark("language"),
        Benchmark("formulas", f"--rows {rows}"),
        Benchmark("imports", f"--rows {rows} --rounds 1"),
        Benchmark("detection"),
        Benchmark("exports", f"--rows {rows} --rounds 1"),
        Benchmark("million", f"--rows {rows} --rounds 1"),
        Benchmark("lookups", f"--rows {rows}"),
        Benchmark("long_work", f"--rows {rows}"),
        Benchmark("retention", f"--rows {rows // 2}"),
        Benchmark("upgrade", f"--rows {rows}"),
        Benchmark("grid", f"--rows {rows}"),
        Benchmark("listeners", "--seconds 10"),
        Benchmark("load", f"--minutes 1 --rows {rows}"),
        Benchmark("disk", f"--rows {sent}"),
        Benchmark("simulate"),
    ]


def install_peers() -> str:
    """Installs what Marl is compared with, unless it is there; shared packages are those of Marl.

    Returns what to tell about it.
    """
    wanted, done = REQUIREMENTS.read_text(), PEERS / "installed"
    names = ", ".join(wanted.replace("==", " ").split("\n")[:-1])
    if not (done.exists() and done.read_text() == wanted):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        bounds = ["-c", str(ROOT / "requirements.txt"), "-c", str(ROOT / "requirements-dev.txt")]
        if subprocess.run([*pip, "--target", str(PEERS), *bounds, "-r", str(REQUIREMENTS)], check=False).returncode:
            return f"could not all be installed ({names}): where one is missing, Marl stands alone"
        done.write_text(wanted)
    return names


def run(benchmark: Benchmark, longest: float) -> Outcome:
    """Runs it with the peers in reach."""
    begun = time.monotonic()
    path = os.pathsep.join(filter(None, [str(PEERS), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, *benchmark.command.split()[1:]]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": path},
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            code = process.wait(longest)
            failure = f"It failed with code {code}{_last_line(errors)}" if code else ""
        except subprocess.TimeoutExpired:
            failure = f"It was stopped after {longest:,.0f} s"
        finally:
            end(process)
        return Outcome(benchmark, time.monotonic() - begun, _read(output), failure)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends it, with whatever it has started and left, such as workers, which get some seconds to end what they do."""
    for sign, seconds in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        until = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
            while time.monotonic() < until:
                process.poll()
                os.killpg(process.pid, 0)  # raises once nothing is left
                time.sleep(0.05)


def _last_line(errors: IO[str]) -> str:
    """Returns what a traceback ends with."""
    lines = _read(errors).splitlines()
    return f": {lines[-1][:300]}" if lines else ""


def _read(file: IO[str]) -> str:
    file.seek(0)
    return without_places(file.read().strip())


def without_places(text: str) -> str:
    """Returns it without folders of this machine."""
    for folder in sorted({str(ROOT), str(Path.home()), tempfile.gettempdir(), sys.prefix}, key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(folder, "…")
    return text


def machine() -> dict[str, str]:
    """Returns what the figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "Processor": f"{os.cpu_count()} cores, {_processor()}",
        "Memory": f"{memory:.1f} GiB",
        "System": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "Database": _database(),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or "of unknown make"


def _database() -> str:
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        return f"SQLite {sqlite3.sqlite_version}"
    with psycopg.connect(address) as connection:
        return f"PostgreSQL {connection.info.server_version // 10_000}.{connection.info.server_version % 10_000}"


def load() -> str:
    """Returns how many processes wanted a core, as a mean of a minute."""
    return f"{os.getloadavg()[0]:.1f}"


def written(facts: Iterable[tuple[str, str]], outcomes: Iterable[Outcome]) -> str:
    """Returns the file."""
    lines = [
        "# Benchmarks",
        "",
        "What `make benchmark` measured. `ROWS=1000000 make benchmark` takes larger tables, and `DATABASE_URL` and",
        "`REDIS_URL` have it measure PostgreSQL. These are figures of one short run: compare those of one section with",
        "each other, and distrust all of them if the load was high at the start.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts),
    ]
    for outcome in outcomes:
        failure = [f"**{outcome.failure}**, after this:" if outcome.output else f"**{outcome.failure}**", ""]
        lines += [
            "",
            f"## {outcome.benchmark.title}",
            "",
            f"`{outcome.benchmark.command}`, {outcome.seconds:,.0f} s.",
            "",
            *(failure if outcome.failure else []),
            *(["```text", outcome.output, "```"] if outcome.output else []),
        ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what was started ends too
    rows = int(os.environ.get("ROWS") or ROWS)
    facts = {"Date": f"{datetime.now(UTC):%Y-%m-%d}", **machine(), "Peers": install_peers()}
    facts |= {"Rows of a large table": f"{rows:,}", "Load at the start": load()}
    begun, outcomes = time.monotonic(), list[Outcome]()
    for benchmark in benchmarks(rows):
        outcome = run(benchmark, LONGEST * max(1, rows / ROWS))
        outcomes.append(outcome)
        print(f"{benchmark.command}: {outcome.seconds:,.0f} s{outcome.failure and '. ' + outcome.failure}", flush=True)
        facts["Load at the end"] = f"{load()}, with what the benchmarks make themselves"
        facts["In all"] = f"{(time.monotonic() - begun) / 60:.0f} min"
        FILE.write_text(written(facts.items(), outcomes))  # after each: whoever stops it has what was measured by then


if __name__ == "__main__":
    main()
