"""Formulas in the sandbox against the same in plain Python: `python -m benchmarks.formulas [--rows 100000]`."""

import argparse

from benchmarks.environment import timed
from enrichment.engine import formula
from enrichment.engine.sandbox import process

NAMES = {1: "First", 2: "Last", 3: "Employees"}
TEXT = '{{Employees}} > 50 ? {{First}}.toUpperCase() + " " + {{Last}} : "small"'


def plain(row: dict[int, object]) -> str:
    employees, first = row[3], row[1]
    assert isinstance(employees, str)
    assert isinstance(first, str)
    return f"{first.upper()} {row[2]}" if float(employees) > 50 else "small"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    count = parser.parse_args().rows
    rows: list[dict[int, object]] = [{1: f"Ada {n}", 2: f"Lovelace {n}", 3: str(n % 100)} for n in range(count)]

    spawn = timed(lambda: formula.compile("1", NAMES))
    compiling = timed(lambda: formula.compile(TEXT, NAMES))
    compiled = formula.compile(TEXT, NAMES)
    cached = timed(lambda: formula.compile(TEXT, NAMES))
    with formula.Evaluators(deadline=5) as evaluators:
        context = timed(lambda: evaluators.evaluate(compiled, rows[:1]))
        in_batches = timed(lambda: evaluators.evaluate(compiled, rows)) / count
        few = rows[: max(count // 50, 1)]
        singly = timed(lambda: [evaluators.evaluate(compiled, [row]) for row in few]) / len(few)
        assert [found.value for found in evaluators.evaluate(compiled, rows[:200])] == [
            plain(row) for row in rows[:200]
        ]
    python = timed(lambda: [plain(row) for row in rows]) / count
    print(f"first check, with its process {spawn * 1000:.0f} ms, a check {compiling * 1000:.1f} ms, ", end="")
    print(f"again {cached * 1000:.2f} ms, a context {context * 1000:.0f} ms")
    print(f"batches of 100: {1 / in_batches:,.0f} rows/s; {in_batches / python:.0f} times plain Python")
    print(f"a call a row:   {1 / singly:,.0f} rows/s; {singly / in_batches:.1f} times a row in batches")
    process.close()


if __name__ == "__main__":
    main()
