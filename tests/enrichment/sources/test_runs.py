"""Runs of sources: all of a list becomes rows, or none of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment import tasks
from enrichment.columns import lifecycle as columns
from enrichment.models import Source, SourceRun, Worker
from enrichment.sources import runs, settings
from enrichment.worker import heartbeat
from tables import columns as table_columns
from tables.imports import job, rejected, undoing, uploads
from tables.models import Column, Import, Table
from tests.servers.shape_books import AccountsBook
from workspaces.models import User
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [["Acme", "10"], ["Fabrikam", "250"], ["Contoso", None]]


def test_the_pages_of_a_list_become_rows_that_update_those_of_their_key(
    source: Any, run: Any, shown: Any, crm: AccountsBook
) -> None:
    done = run(source())
    assert done.state == Import.State.DONE
    assert (done.counts["added"], done.counts["updated"]) == (1, 2)
    assert shown() == [["Acme", 12], ["Fabrikam", "250"], ["Contoso", None], ["Zeta", 3]]
    assert crm.asked == [1, 2]
    assert SourceRun.objects.get().pages == 2
    undoing.undo(done)
    assert shown() == BEFORE


def test_a_page_that_fails_after_its_retries_imports_nothing(
    source: Any, run: Any, shown: Any, crm: AccountsBook
) -> None:
    crm.before = {2: [500, 500]}
    failed = run(source(config={"retry": {"max_retries": 1}}))
    assert (failed.state, failed.error) == (Import.State.FAILED, "Page 2: 500 · down. Nothing was changed.")
    assert shown() == BEFORE
    assert crm.asked == [1, 2, 2]
    failure = SourceRun.objects.get().failure or {}
    assert failure["response"]["status"] == 500
    assert failure["request"]["url"] == f"{crm.url}/accounts?page=2"


@pytest.mark.parametrize("pages", [None, {"by": "cursor", "next": "next", "parameter": "page"}])
def test_an_answer_without_the_list_says_where_there_is_one(source: Any, run: Any, pages: Any, shown: Any) -> None:
    failed = run(source(config={"items": "data.rows", "pages": pages}))
    words = "There is no list at “data.rows”. It has one at “data.items”. Nothing was changed."
    assert (failed.state, failed.error) == (Import.State.FAILED, words)
    assert shown() == BEFORE


def test_an_empty_list_is_done_and_changes_nothing(source: Any, run: Any, shown: Any, crm: AccountsBook) -> None:
    crm.accounts = []
    done = run(source())
    assert (done.state, done.rows_total) == (Import.State.DONE, 0)
    assert done.warnings[0]["message"] == "The list of the API was empty."
    assert shown() == BEFORE


def test_items_that_match_no_row_because_they_lack_the_key_are_told(source: Any, run: Any, crm: AccountsBook) -> None:
    crm.accounts = [{"name": None, "staff": 1}, {"staff": 2}, {"name": "Acme", "staff": 3}]
    words = "2 items have no value in “Company”, by which rows match. They are added again by every run."
    assert [warning["message"] for warning in run(source()).warnings] == [words]
    assert run(source(key=[], on_match="add")).warnings == []


def test_more_pages_than_are_fetched_are_told(source: Any, run: Any, given: Any) -> None:
    pages = given()["config"]["pages"] | {"max_pages": 1}
    done = run(source(config={"pages": pages}))
    assert done.counts["added"] + done.counts["updated"] == 2
    [warning] = done.warnings
    assert warning["message"] == "The API has more: these are the first 1 page with 2 items, as set in the source."


def test_characters_that_cannot_be_stored_are_told(source: Any, run: Any, shown: Any, crm: AccountsBook) -> None:
    crm.accounts = [{"name": "Ze\0ta", "staff": 1}]
    [warning] = run(source()).warnings
    assert "U+0000" in warning["message"]
    assert shown()[-1] == ["Ze\ufffdta", 1]


def test_a_source_without_pages_tells_that_the_api_has_more(source: Any, run: Any, shown: Any) -> None:
    """One answer of several was all that came, and looked like the whole list."""
    done = run(source(config={"pages": None}))
    words = "The API has more: in its answer, “next” names another page. Say under “Pages” how it is fetched."
    assert [warning["message"] for warning in done.warnings] == [words]


def test_a_next_page_in_a_header_is_told_too(
    source: Any, run: Any, shown: Any, crm: AccountsBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.size = len(crm.accounts)
    crm.link = '</accounts?page=2>; rel="next"'
    [warning] = run(source(config={"pages": None})).warnings
    assert "the header Link of its answer names another page" in warning["message"]


def test_rows_that_no_cell_holds_are_rejected_and_values_of_another_type_left_blank(
    source: Any, run: Any, leads: Table, crm: AccountsBook
) -> None:
    crm.accounts = [{"name": "x" * 100_001, "staff": 1}, {"name": "Zeta", "staff": "many"}]
    table_columns.change_type(Column.objects.get(table=leads, name="Size"), "number")
    done = run(source())
    assert (done.counts["added"], done.counts["rejected"], done.counts["left_blank"]) == (1, 1, 1)
    assert uploads.as_json(done)["has_rejected"]
    told = rejected.path_of(done).read_text().splitlines()
    assert [line.partition(",")[0] for line in told] == ["Item", "1", "2"]


def test_a_key_that_two_items_have_is_told_without_a_file(source: Any, run: Any, crm: AccountsBook) -> None:
    crm.accounts = [{"name": "Zeta", "staff": 1}, {"name": "Zeta", "staff": 2}]
    [warning] = run(source()).warnings
    assert warning["message"] == "1 new row has a key that another of them has, too; the last one of each counts."


def test_two_runs_of_a_source_never_overlap(source: Any, editor: User) -> None:
    made = source()
    first = runs.start(made, editor)
    with pytest.raises(Refused, match="“CRM accounts” is being fetched already"):
        runs.start(made, editor)
    uploads.cancel(first.import_job)
    runs.start(made, editor)


def test_a_run_that_is_cancelled_while_it_is_fetched_asks_for_no_more_pages(
    source: Any, editor: User, shown: Any, crm: AccountsBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = runs.start(source(), editor)
    report = runs._report

    def cancelled(run: SourceRun, at: Any) -> None:
        uploads.cancel(Import.objects.get(pk=run.import_job_id))
        report(run, at)

    monkeypatch.setattr(runs, "_report", cancelled)
    runs.fetch(started.pk)
    assert Import.objects.get(pk=started.import_job_id).state == Import.State.CANCELLED
    assert (crm.asked, shown()) == ([1], BEFORE)


def test_a_long_wait_holds_no_worker_and_the_run_goes_on_where_it_was(
    source: Any, editor: User, crm: AccountsBook, shown: Any
) -> None:
    crm.before, crm.retry_after = {2: [429]}, 60
    started = runs.start(source(), editor)
    runs.fetch(started.pk)
    waiting = SourceRun.objects.get()
    assert waiting.due_at
    assert timedelta(seconds=50) < waiting.due_at - timezone.now() < timedelta(seconds=61)
    assert (waiting.pages, waiting.token) == (1, "")
    assert "Acme" not in waiting.kept
    runs.fetch(started.pk)  # too early
    assert crm.asked == [1, 2]
    SourceRun.objects.update(due_at=timezone.now())
    lift(waiting.source)
    runs.fetch(started.pk)
    job.run(started.import_job_id)
    assert (crm.asked, len(shown())) == ([1, 2, 2], 4)


@pytest.fixture
def waiting(source: Any, editor: User, crm: AccountsBook) -> SourceRun:
    """A run whose second page is a minute away."""
    crm.before, crm.retry_after = {2: [429]}, 60
    runs.fetch(runs.start(source(), editor).pk)
    return SourceRun.objects.select_related("source").get()


def go_on(waiting: SourceRun) -> Import:
    SourceRun.objects.update(due_at=timezone.now())
    lift(waiting.source)
    runs.fetch(waiting.pk)
    job.run(waiting.import_job_id)
    return Import.objects.get(pk=waiting.import_job_id)


def test_a_list_is_never_put_together_from_the_pages_of_two_requests(
    waiting: SourceRun, crm: AccountsBook, shown: Any, given: Callable[..., dict[str, Any]]
) -> None:
    other = given(config={"query": [{"name": "of", "value": "all"}]})
    settings.save(waiting.source, "CRM accounts", other)
    ended = go_on(waiting)
    words = "The settings of the source changed while it was fetched. Run it again. Nothing was changed."
    assert (ended.state, ended.error) == (Import.State.FAILED, words)
    assert (shown(), crm.asked) == (BEFORE, [1, 2])


def test_where_fields_go_can_be_corrected_while_a_list_is_fetched(
    waiting: SourceRun, shown: Any, given: Callable[..., dict[str, Any]]
) -> None:
    settings.save(waiting.source, "CRM accounts", given(columns=[{"path": "name", "column": "Company"}]))
    assert go_on(waiting).state == Import.State.DONE
    assert len(shown()) == 4
    assert shown()[:3] == BEFORE


def test_a_source_that_is_deleted_while_it_is_fetched_leaves_no_import_that_waits(
    waiting: SourceRun, crm: AccountsBook, shown: Any
) -> None:
    settings.delete(waiting.source)
    runs.fetch(waiting.pk)
    ended = Import.objects.get(pk=waiting.import_job_id)
    words = "The source was deleted while it was fetched. Nothing was changed."
    assert (ended.state, ended.error, shown(), crm.asked) == (Import.State.FAILED, words, BEFORE, [1, 2])


def test_a_table_that_is_deleted_while_its_source_is_fetched_ends_that(
    waiting: SourceRun, crm: AccountsBook, leads: Table
) -> None:
    leads.deleted_at = timezone.now()
    leads.save()
    assert go_on(waiting).error == "The table was deleted while its source was fetched. Nothing was changed."
    assert crm.asked == [1, 2]


@pytest.mark.parametrize("moment", ["while it is fetched", "before the rows come in"])
def test_a_column_that_is_deleted_meanwhile_is_not_made_anew_under_its_id(
    waiting: SourceRun, leads: Table, shown: Any, moment: str
) -> None:
    if moment == "before the rows come in":
        SourceRun.objects.update(due_at=timezone.now())
        lift(waiting.source)
        runs.fetch(waiting.pk)
    columns.delete(Column.objects.get(table=leads, name="Size"), force=True)
    before = Column.objects.filter(table=leads).count()
    ended = go_on(waiting)
    assert Column.objects.filter(table=leads).count() == before
    if moment == "before the rows come in":
        words = "The column that “Size” goes into was deleted. Restore it, or choose another one."
        assert (ended.state, ended.error[: len(words)]) == (Import.State.FAILED, words)
    else:
        assert ended.state == Import.State.DONE


def lift(source: Source) -> None:
    """The minute is over."""
    from enrichment.http_client import event_loop
    from enrichment.sources import fetching

    event_loop.run(fetching.job_of(settings.of_source(source), source.pk).limiter.lift())


def sweep() -> None:
    """Sweeps once more, some seconds later."""
    Worker.objects.create(beat=heartbeat.BEATS_APART)
    tasks.sweep()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The tasks that were sent."""
    from tables import dispatch

    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task, **_: told.append(task))
    return told


def test_a_run_of_a_worker_that_died_is_fetched_again_from_the_first_page(
    source: Any, editor: User, crm: AccountsBook, shown: Any, sent: list[Any]
) -> None:
    started = runs.start(source(), editor)
    assert runs._claimed(started.pk)  # and then the worker is killed
    runs.fetch(started.pk)
    assert crm.asked == []
    for _ in range(3):
        sweep()
    assert sent.count((runs.FETCH, started.pk)) >= 2  # from the start, and from a sweep
    runs.fetch(started.pk)
    job.run(started.import_job_id)
    assert (crm.asked, len(shown())) == ([1, 2], 4)


def test_a_write_that_may_have_arrived_is_not_sent_again_for_a_worker_that_died(
    source: Any, editor: User, crm: AccountsBook
) -> None:
    started = runs.start(source(config={"method": "POST", "body": "{}"}), editor)
    claimed = runs._claimed(started.pk)
    assert claimed
    SourceRun.objects.update(intended=True)  # it was about to be sent
    for _ in range(3):
        sweep()
    runs.fetch(started.pk)
    ended = Import.objects.get(pk=started.import_job_id)
    assert ended.state == Import.State.FAILED
    assert ended.error.startswith("Marl stopped during this request. Check whether it arrived")
    assert crm.asked == []


def test_pages_by_post_have_their_cursor_in_the_body(
    source: Any, run: Any, given: Callable[..., dict[str, Any]], crm: AccountsBook
) -> None:
    pages = given()["config"]["pages"] | {"parameter": ""}
    request = {"method": "POST", "body": '{"page": "{{cursor}}"}', "remove_null": True, "pages": pages}
    assert run(source(config=request)).counts["added"] == 1
    assert crm.asked == [1, 2]


def test_pages_by_post_go_on_after_a_long_wait(
    source: Any, editor: User, given: Callable[..., dict[str, Any]], crm: AccountsBook, shown: Any
) -> None:
    pages = given()["config"]["pages"] | {"parameter": ""}
    request = {"method": "POST", "body": '{"page": "{{cursor}}"}', "remove_null": True, "pages": pages}
    crm.before, crm.retry_after = {2: [429]}, 60
    started = runs.start(source(config=request), editor)
    runs.fetch(started.pk)
    SourceRun.objects.update(due_at=timezone.now())
    lift(started.source)
    runs.fetch(started.pk)
    job.run(started.import_job_id)
    assert (crm.asked, len(shown())) == ([1, 2, 2], 4)
    assert Import.objects.get(pk=started.import_job_id).state == Import.State.DONE


def test_the_last_fifty_runs_are_kept(source: Any, editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT", 2)
    made = source()
    started = []
    for _ in range(4):
        started.append(runs.start(made, editor))
        uploads.cancel(started[-1].import_job)
    assert [item.pk for item in runs.of_source(made)] == [started[3].pk, started[2].pk]
    assert Import.objects.count() == 4


def test_a_key_column_that_was_deleted_stops_the_run_in_words(source: Any, editor: User, leads: Table) -> None:
    made = source()
    table_columns.delete(Column.objects.get(table=leads, name="Company"))
    made = Source.objects.get(pk=made.pk)
    from enrichment.engine.errors import InvalidSettings

    with pytest.raises(InvalidSettings, match="Choose the column by which rows match"):
        runs.start(made, editor)


DAILY = {"every": "day", "at": "09:00", "timezone": "Europe/Berlin"}


def make_due(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(due_at=timezone.now() - timedelta(days=3))


def test_a_source_that_is_due_runs_once_however_many_times_passed(source: Any, editor: User) -> None:
    made = source(schedule=DAILY)
    runs.run_due()
    assert not SourceRun.objects.exists()
    make_due(made)
    seen = Source.objects.select_related("table__workspace", "created_by").get()
    runs.run_due()
    runs.run_due()
    runs._run(seen)  # of another scheduler that looked at the same moment
    [started] = SourceRun.objects.all()
    assert (started.scheduled, started.import_job.created_by) == (True, editor)
    times = settings.schedule(Source.objects.get())
    assert times
    assert timezone.now() < times["next_at"] <= timezone.now() + timedelta(days=1)


def test_a_source_that_is_due_while_it_runs_waits_for_the_next_time_and_says_why(source: Any, editor: User) -> None:
    made = source(schedule=DAILY)
    runs.start(made, editor)
    make_due(made)
    runs.run_due()
    assert SourceRun.objects.count() == 1
    times = settings.schedule(Source.objects.get())
    assert times
    assert "is being fetched already" in times["refusal"]
