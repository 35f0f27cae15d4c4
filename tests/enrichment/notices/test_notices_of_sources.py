"""A run of a source that has ended, failed or could not start is told, as one of a column is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment import schedules
from enrichment.models import Notice, Schedule, Source, SourceRun
from enrichment.notices import settings as notice_settings
from enrichment.sources import runs
from enrichment.sources import settings as source_settings
from tables import columns, events
from tables.imports import fetched, job, uploads
from tables.models import Column, Import, Table

pytestmark = pytest.mark.django_db(transaction=True)

DAILY = {"every": "day", "at": "02:00"}


@pytest.fixture(autouse=True)
def _told(leads: Table) -> None:
    notice_settings.change(leads, webhook_url="https://hooks.example/s3cret")


@pytest.fixture
def source(leads: Table, editor: Any) -> Source:
    given = {
        "config": {"url": "https://crm.example/accounts"},
        "columns": [{"path": "name", "column": "Company"}],
        "schedule": DAILY,
    }
    return source_settings.create(leads, editor, "CRM accounts", given)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The runs of sources that open pages hear of: (source, state)."""
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(events, "publish_fetch", lambda _, source, import_: heard.append((source, import_["state"])))
    return heard


def begin(source: Source) -> Import:
    return runs.start(source, None, scheduled=True).import_job


def told() -> list[str]:
    return [notice.text for notice in Notice.objects.order_by("pk")]


def place(source: Source) -> str:
    return f"/tables/{source.table_id}/sources"


def test_a_run_that_failed_is_told_with_its_reason_and_where_to_mend_it(
    source: Source, announced: list[tuple[str, str]]
) -> None:
    fetched.fail(begin(source), "crm.example answered 500. Nothing was changed.")
    [text] = told()
    first, reason, address = text.split("\n")
    assert first == "“CRM accounts” in Leads has failed."
    assert reason == "crm.example answered 500. Nothing was changed."
    assert address.endswith(place(source))
    [shown] = notice_settings.shown(notice_settings.of_table(source.table_id))["last"]
    assert (shown["source_id"], shown["source"], shown["run_id"], shown["column"]) == (
        source.pk,
        "CRM accounts",
        None,
        None,
    )
    assert announced == [("CRM accounts", "failed")]


def test_a_run_that_ended_is_told_with_its_counts(source: Source, announced: list[tuple[str, str]]) -> None:
    import_ = begin(source)
    into = {"columns": [{"from": "Company", "to": source.columns[0]["column"]}], "key": [], "on_match": "add"}
    fetched.hand_over(import_, [{"Company": "Acme"}, {"Company": "Zeta"}], into, ["The API has more: 5 of 7."])
    job.run(import_.pk)
    [text] = told()
    assert text.startswith("“CRM accounts” in Leads has ended: 2 added.\nThe API has more: 5 of 7.\n")
    assert announced == [("CRM accounts", "done")]


def test_a_list_that_is_empty_is_told(source: Source) -> None:
    fetched.hand_over(begin(source), [], {}, ["The list of the API was empty."])
    [text] = told()
    assert text.startswith("“CRM accounts” in Leads has ended: no rows.\nThe list of the API was empty.\n")


def test_a_run_whose_rows_cannot_be_stored_is_told(source: Source) -> None:
    import_ = begin(source)
    fetched.hand_over(import_, [{"Company": "Acme"}], {"columns": [], "key": ["99"], "on_match": "update"})
    job.run(import_.pk)
    import_.refresh_from_db()
    assert import_.state == Import.State.FAILED
    [text] = told()
    assert text.startswith(f"“CRM accounts” in Leads has failed.\n{import_.error}\n")


@pytest.mark.parametrize(("rejected", "is_told"), [(1, False), (2, True)])
def test_only_failures_are_told_where_it_is_set_so(rejected: int, is_told: bool, leads: Table, source: Source) -> None:
    notice_settings.change(leads, when="failures", failed_percent=10)
    import_ = begin(source)
    import_.counts, import_.rows_total = {"added": 10 - rejected, "rejected": rejected}, 10
    import_.state = Import.State.DONE
    uploads.tell_end(import_)
    assert bool(told()) is is_told


def test_what_people_end_themselves_is_not_told(leads: Table, source: Source) -> None:
    uploads.cancel(begin(source))
    begin(source)
    source_settings.delete(source)
    assert told() == []


def test_a_failure_in_a_deleted_table_is_not_told(leads: Table, source: Source) -> None:
    import_ = begin(source)
    Table.objects.filter(pk=leads.pk).update(deleted_at=timezone.now())
    fetched.fail(import_, "The table was deleted while its source was fetched. Nothing was changed.")
    assert told() == []


def test_an_import_of_a_file_is_not_told(leads: Table, source: Source) -> None:
    import_ = fetched.begin(leads, "a file", None)
    fetched.fail(import_, "No.")
    assert told() == []


def test_a_source_that_cannot_start_when_it_is_due_is_told(leads: Table, source: Source) -> None:
    notice_settings.change(leads, when="failures")
    columns.delete(Column.objects.get(pk=source.columns[0]["column"]))
    Source.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    runs.run_due()
    assert not SourceRun.objects.exists()
    [text] = told()
    source.refresh_from_db()
    assert source.refusal
    first, *reason, address = text.split("\n")
    assert first == "“CRM accounts” in Leads did not run when its schedule was due."
    assert "\n".join(reason) == source.refusal
    assert address.endswith(place(source))


def test_a_column_that_cannot_start_when_it_is_due_is_told(http: Callable[..., Column]) -> None:
    from enrichment.runs import lifecycle

    column = http()
    schedules.change(column, {**DAILY, "rows": "all"}, None)
    lifecycle.plan(column, "all")
    Schedule.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    schedules.run_due()
    [text] = told()
    assert text.split("\n")[:2] == [
        "“Profile” in Leads did not run when its schedule was due.",
        "“Profile” is already running. Stop that run first.",
    ]
    assert text.endswith(f"/columns/{column.pk}/panel")


def test_what_was_told_stays_listed_when_the_source_is_deleted(source: Source) -> None:
    fetched.fail(begin(source), "No.")
    source_settings.delete(source)
    [shown] = notice_settings.shown(notice_settings.of_table(source.table_id))["last"]
    assert (shown["source"], shown["source_id"]) == ("CRM accounts", None)
