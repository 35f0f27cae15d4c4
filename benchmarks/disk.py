"""What rows and results take on disk, and what share of it the stored requests and responses have.

`python -m benchmarks.disk [--rows 20000]`, with DATABASE_URL for PostgreSQL. A table of ten plain columns, and one of
two with an HTTP column whose requests and responses are small, as in `benchmarks.runs`.
"""

import argparse

from benchmarks.environment import answering, environment
from benchmarks.million import NAMES, marl_table
from benchmarks.runs import CONFIG, run_rows, serve


def sizes() -> dict[str, int]:
    """Returns {table of the database: bytes with its indexes}."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'")
        else:
            cursor.execute(
                "SELECT m.tbl_name, SUM(d.pgsize) FROM dbstat d JOIN sqlite_master m ON m.name = d.name GROUP BY 1"
            )
        return {name: int(size) for name, size in cursor.fetchall()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    given = parser.parse_args()
    with answering(serve, 0) as address, environment():
        before = sizes()["tables_row"]
        marl_table(given.rows)
        plain = sizes()["tables_row"] - before
        cells = given.rows * len(NAMES)
        print(f"plain row of {len(NAMES)} values: {plain / given.rows:,.0f} bytes, {plain / cells:,.0f} a cell")
        start = sizes()
        run_rows(CONFIG | {"url": f"{address}/companies"}, given.rows)
        grown = {name: size - start.get(name, 0) for name, size in sizes().items()}
        for what, name in (("result", "tables_cell"), ("attempt", "enrichment_attempt")):
            print(f"{what} of a row: {grown[name] / given.rows:,.0f} bytes")
        print(f"attempts' share of what a run takes: {grown['enrichment_attempt'] / sum(grown.values()):.0%}")


if __name__ == "__main__":
    main()
