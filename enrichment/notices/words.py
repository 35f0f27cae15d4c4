"""What is told of a run: what ended and how, why, and where to see or mend it."""

from collections.abc import Mapping, Sequence

from django.conf import settings

from enrichment.models import Run, Source
from tables.models import Column, Import, Table

_REMARKS = 3  # of a fetch that are told


def of_run(run: Run) -> str:
    how = "was stopped" if run.state == Run.State.STOPPED else "has ended"
    counts = [
        (run.done, "done"),
        (run.no_data, "no data"),
        (run.failed, "failed"),
        (run.unknown, "may have been sent"),
        (run.skipped, "skipped"),
        (run.missing_input, "missing input"),
        (run.cancelled, "not run"),
    ]
    table = run.column.table
    first = f"{_named(run.column.name, table)} {how}: {_counted(counts)}."
    return _lines(first, [run.stop_reason], f"/tables/{table.pk}")


def of_fetch(source: Source, import_: Import) -> str:
    named, place = _named(source.name, source.table), _of_source(source)
    if import_.state == Import.State.FAILED:
        return _lines(f"{named} has failed.", [import_.error], place)
    counts = [(import_.counts.get(name, 0), name) for name in ("added", "updated", "skipped", "rejected")]
    remarks = [warning["message"] for warning in import_.warnings if _is_of_all(warning)]
    return _lines(f"{named} has ended: {_counted(counts)}.", remarks[:_REMARKS], place)


def of_refused_column(column: Column, reason: str) -> str:
    return _refused(_named(column.name, column.table), reason, f"/columns/{column.pk}/panel")


def of_refused_source(source: Source, reason: str) -> str:
    return _refused(_named(source.name, source.table), reason, _of_source(source))


def _refused(named: str, reason: str, place: str) -> str:
    return _lines(f"{named} did not run when its schedule was due.", [reason], place)


def _of_source(source: Source) -> str:
    return f"/tables/{source.table_id}/sources"


def _named(name: str, table: Table) -> str:
    return f"“{' '.join(name.split())}” in {' '.join(table.name.split())}"


def _counted(counts: Sequence[tuple[int, str]]) -> str:
    return ", ".join(f"{number:,} {state}" for number, state in counts if number) or "no rows"


def _is_of_all(warning: Mapping[str, object]) -> bool:
    """Whether it is told of the whole list, and not of one of its rows."""
    return warning["line"] is None and warning.get("column") is None


def _lines(first: str, more: Sequence[str], place: str) -> str:
    return "\n".join([first, *filter(None, more), f"{settings.PUBLIC_URL}{place}"])
