"""A look at the whole file before it is imported."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from tables import catalog, dispatch, rows
from tables.imports import checks, gathering, job, uploads
from tables.models import Import, ImportChange, Row, Table
from workspaces.actors import Actor
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Receive = Callable[..., Import]

INTO = {"key": ["Domain"], "on_match": "update"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    tasks: list[tuple[Any, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task, **_: tasks.append(task))
    return tasks


@pytest.fixture
def staged(actor: Actor, receive: Receive, sent: list[tuple[Any, ...]]) -> Import:
    leads = catalog.create(actor, "Leads", [("Domain", "text"), ("City", "text")])
    rows.append(leads, [{"Domain": "a.example", "City": "Ulm"}, {"Domain": "b.example", "City": "Ulm"}])
    staged = receive(["Domain,City", "a.example,Bonn", "b.example,Ulm", "c.example,", "c.example,Kiel"], leads)
    uploads.choose(staged, into=INTO)
    return staged


def test_a_look_counts_what_would_happen_and_changes_nothing(staged: Import, sent: list[tuple[Any, ...]]) -> None:
    checks.start(staged)
    assert sent == [(checks.TASK, staged.pk, 1)]
    assert uploads.as_json(staged)["check_state"] == "running"
    checks.run(staged.pk, 1)
    staged.refresh_from_db()
    found = uploads.as_json(staged)["check"]
    assert {name: found[name] for name in ("rows", "added", "updated", "repeated")} == {
        "rows": 4,
        "added": 1,
        "updated": 2,  # b.example with the values that it has
        "repeated": 1,
    }
    assert staged.state == "staged"
    assert Row.objects.count() == 2
    assert (Table.objects.count(), ImportChange.objects.count()) == (1, 0)
    uploads.start(staged)
    job.run(staged.pk)
    staged.refresh_from_db()
    assert (staged.state, staged.counts["added"], staged.counts["updated"]) == ("done", 1, 2)


def test_only_the_latest_look_counts(staged: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.start(staged)
    gather = gathering.gather

    def choose_again_and_gather(*arguments: Any) -> Any:
        checks.start(staged)
        return gather(*arguments)

    monkeypatch.setattr(gathering, "gather", choose_again_and_gather)
    checks.run(staged.pk, 1)
    staged.refresh_from_db()
    assert (staged.check_state, staged.check_found) == ("running", None)
    monkeypatch.undo()
    checks.run(staged.pk, 1)
    assert Table.objects.count() == 1
    checks.run(staged.pk, 2)
    staged.refresh_from_db()
    assert staged.check_state == "done"


def test_why_a_file_cannot_be_read_to_its_end_is_told(staged: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    def gather(*_: object) -> None:
        raise Refused("Line 3,001 cannot be read.")

    monkeypatch.setattr(gathering, "gather", gather)
    checks.start(staged)
    checks.run(staged.pk, 1)
    staged.refresh_from_db()
    assert (staged.check_state, staged.error, staged.state) == ("failed", "Line 3,001 cannot be read.", "staged")


def test_a_look_whose_worker_died_ends_and_leaves_no_table(staged: Import, actor: Actor) -> None:
    checks.start(staged)
    Table.objects.create(workspace=actor.workspace, name="half", ready=False)
    Table.objects.filter(name="half").update(created_at=timezone.now() - 2 * checks.ORPHANED_AFTER)
    Import.objects.update(heartbeat_at=timezone.now() - 2 * job.DEAD_AFTER)
    job.sweep()
    staged.refresh_from_db()
    assert (staged.check_state, staged.state) == ("failed", "staged")
    assert "Try again" in staged.error
    assert not Table.objects.filter(name="half").exists()
