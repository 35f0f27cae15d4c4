"""Import of a CSV file against reading it with the csv module alone: `python -m benchmarks.imports [--rows 100000]`."""

import argparse
import csv
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.runs import set_up


def write(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"Column {number}" for number in range(10)])
        for row in range(rows):
            writer.writerow([f"Value {row}-{number}, with some text" for number in range(10)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        redis = set_up(folder)
        from django.core.files import File

        from tables.imports import job, uploads
        from workspaces.accounts import first_owner
        from workspaces.actors import Actor
        from workspaces.models import Role

        write(folder / "file.csv", given.rows)
        start = time.perf_counter()
        with (folder / "file.csv").open(newline="") as file:
            read = sum(1 for _ in csv.reader(file)) - 1
        alone = time.perf_counter() - start
        owner = first_owner()
        start = time.perf_counter()
        with (folder / "file.csv").open("rb") as upload:
            staged = uploads.receive(Actor(owner, owner.workspaces.get(), Role.OWNER), File(upload, "file.csv"))
        uploads.start(staged)
        job.run(staged.pk)
        staged.refresh_from_db()
        took = time.perf_counter() - start
        assert staged.rows_done == read == given.rows
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{given.rows:,} rows × 10 columns: {took:.1f} s, peak {memory:.0f} MiB")
        print(f"the csv module alone: {alone:.2f} s; {took / alone:.0f} times that")
        if redis:
            redis.terminate()
            redis.wait()


if __name__ == "__main__":
    main()
