"""Deletion of attempts that a table need not keep: what it would do, and doing it while somebody else edits a cell.

`python -m benchmarks.retention [--rows 250000]`, with DATABASE_URL for PostgreSQL. Four attempts for each row, as large
as those of `benchmarks.disk`; the last one stays.
"""

import argparse
import json
from typing import Any

from benchmarks.environment import environment
from benchmarks.long_work import measure
from benchmarks.million import marl_table

EACH = 4  # attempts of a row
REQUEST = {"method": "POST", "url": "https://api.example/companies", "headers": [], "body": "x" * 60}
RESPONSE = {"status": 200, "headers": [{"name": "content-type", "value": "x" * 60}], "body": "x" * 150}


def try_all(table: Any) -> None:
    """Stores attempts of every row, each some days after the one before."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from enrichment.models import Run
    from tables import columns
    from tables.models import ColumnType

    column = columns.create(table, "Profile", ColumnType.HTTP)
    run = Run.objects.create(table=table, column=column, scope="all", state=Run.State.DONE)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for number in range(EACH):
            moment = timezone.now() - timedelta(days=10 * (EACH - number))
            cursor.execute(
                "INSERT INTO enrichment_attempt"
                " (row_id, column_id, run_id, number, started_at, duration_ms, request, response)"
                f" SELECT id, %s, %s, 1, %s, 5, %s{cast}, %s{cast} FROM tables_row WHERE table_id = %s ORDER BY id",
                [
                    column.pk,
                    run.pk,
                    connection.ops.adapt_datetimefield_value(moment),
                    json.dumps(REQUEST),
                    json.dumps(RESPONSE),
                    table.pk,
                ],
            )


def effect(table: Any) -> str:
    from enrichment.preview import retention
    from enrichment.runs.retention import Limits

    found = retention.effect(table, Limits(days=5))
    return f"{found.deleted:,} of {found.attempts:,} attempts, {found.bytes_deleted / 1e6:,.0f} MB"


def swept(table: Any) -> str:
    from enrichment.models import Attempt
    from enrichment.runs import retention
    from enrichment.runs.retention import Limits

    retention.change(table, Limits(days=5))
    while retention.advance(table.pk):
        pass
    return f"{Attempt.objects.count():,} attempts left"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=250_000)
    given = parser.parse_args()
    with environment():
        table = marl_table(given.rows)
        try_all(table)
        table.refresh_from_db()
        print("| | seconds | of the processor | longest edit meanwhile | |\n|-|-|-|-|-|")
        measure("say what would be deleted", table, lambda: effect(table))
        measure("delete it", table, lambda: swept(table))
        measure("look again, with nothing to delete", table, lambda: swept_again(table))


def swept_again(table: Any) -> str:
    from enrichment.models import AttemptSweep

    AttemptSweep.objects.update(cursor=0, ended_at=None)
    return swept(table)


if __name__ == "__main__":
    main()
