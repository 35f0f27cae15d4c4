"""`make benchmark` runs every benchmark and tells what failed, without a word of where the machine keeps its files."""

import sys
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.report import Benchmark, Outcome

ROOT = Path(__file__).resolve().parents[2]
NO_BENCHMARK = {"__init__", "discrete_events", "environment", "report", "fuzz"}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark called `made`, in a folder of its own; its source is to be written."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    monkeypatch.setattr(report, "ROOT", tmp_path)
    return tmp_path / "benchmarks" / "made.py"


def test_every_benchmark_is_run() -> None:
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - NO_BENCHMARK
    assert {benchmark.module for benchmark in report.benchmarks(1000)} == modules


def test_every_argument_is_one_that_its_benchmark_takes() -> None:
    for benchmark in report.benchmarks(1000):
        source = (ROOT / "benchmarks" / f"{benchmark.module}.py").read_text()
        named = [word for word in benchmark.arguments.split() if word.startswith("--")]
        assert [name for name in named if f'"{name}"' not in source] == [], benchmark.command


def test_a_title_is_the_first_sentence_of_the_module() -> None:
    assert Benchmark("disk").title.startswith("What rows and results take on disk, and what share")
    assert Benchmark("language").title == "The request language against naive replacement in the same run"


def test_what_a_benchmark_prints_is_kept(module: Path) -> None:
    module.write_text("import sys\nprint('5 rows a second', sys.argv[1:])\n")
    outcome = report.run(Benchmark("made", "--rows 5"), 60)
    assert (outcome.output, outcome.failure) == ("5 rows a second ['--rows', '5']", "")


def test_a_benchmark_that_fails_says_why_after_what_it_printed(module: Path) -> None:
    module.write_text("print('half', flush=True)\nraise ValueError('no such file: ' + __file__)\n")
    outcome = report.run(Benchmark("made"), 60)
    assert (outcome.output, outcome.failure) == (
        "half",
        "It failed with code 1: ValueError: no such file: …/benchmarks/made.py",
    )


def test_a_benchmark_that_hangs_is_ended_with_what_it_started(module: Path) -> None:
    child = f"[{sys.executable!r}, '-c', 'input()']"
    module.write_text(
        f"import subprocess\nchild = subprocess.Popen({child}, stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\nchild.wait()\n"
    )
    outcome = report.run(Benchmark("made"), 2)
    assert outcome.failure == "It was stopped after 2 s"
    state = Path(f"/proc/{outcome.output}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_the_file_has_the_machine_and_every_outcome() -> None:
    outcomes = [
        Outcome(Benchmark("language"), 3.4, "1 µs"),
        Outcome(Benchmark("disk", "--rows 5"), 2, "", "It failed with code 1"),
    ]
    assert report.written([("Memory", "8 GiB")], outcomes).splitlines()[6:] == [
        "| | |",
        "|---|---|",
        "| Memory | 8 GiB |",
        "",
        "## The request language against naive replacement in the same run",
        "",
        "`python -m benchmarks.language`, 3 s.",
        "",
        "```text",
        "1 µs",
        "```",
        "",
        f"## {Benchmark('disk').title}",
        "",
        "`python -m benchmarks.disk --rows 5`, 2 s.",
        "",
        "**It failed with code 1**",
    ]


def test_the_machine_is_described_without_its_name() -> None:
    facts = report.machine()
    assert list(facts) == ["Processor", "Memory", "System", "Python", "Database"]
    assert all(facts.values())


def test_peers_are_pinned_and_none_of_them_is_needed_by_marl() -> None:
    pinned = {line.partition("==")[0] for line in report.REQUIREMENTS.read_text().split()}
    assert all("==" in line for line in report.REQUIREMENTS.read_text().split())
    needed = (ROOT / "requirements.txt").read_text()
    assert [name for name in pinned if f"\n{name}==" in needed] == []
