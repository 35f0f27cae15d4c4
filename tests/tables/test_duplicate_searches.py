"""Searches for duplicates that a worker does: their progress, what they find, and how they are stopped."""

from typing import Any

import pytest

from tables import alike_rows, columns, dispatch, duplicate_searches, duplicates, rows
from tables.alike_rows import Criteria
from tables.models import Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What workers were told to do, which none of them does."""
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task: told.append(task))
    return told


@pytest.fixture
def how(table: Table) -> Criteria:
    rows.append(table, [{"Name": name} for name in "abcabcab"])
    return Criteria.of(table, ["Name"], "exact")


def state(table: Table, token: str) -> str:
    return str(duplicate_searches.progress(table.pk, token)["state"])


def test_it_finds_what_a_quick_one_does_however_it_is_paged(
    table: Table, how: Criteria, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate_searches, "_PIECE", 3)
    token = duplicate_searches.start(table, how)
    assert sent == [(duplicate_searches.TASK, table.pk, token)]
    assert duplicate_searches.progress(table.pk, token) == {
        "search": token,
        "state": "running",
        "rows_done": 0,
        "rows_total": 8,
        "error": None,
    }
    duplicate_searches.run(table.pk, token)
    assert (state(table, token), duplicate_searches.progress(table.pk, token)["rows_done"]) == ("done", 8)
    for offset in range(5):
        for limit in (0, 1, 2, 100):
            expected = duplicates.look(table, how).window(offset, limit)
            assert duplicate_searches.window(table.pk, token, offset, limit) == expected


def test_the_same_search_is_done_once_and_stopped_when_nobody_waits_for_it(table: Table, how: Criteria) -> None:
    token = duplicate_searches.start(table, how)
    assert duplicate_searches.start(table, how) == token
    assert duplicate_searches.start(table, Criteria.of(table, ["Name"], "loose")) != token
    duplicate_searches.stop(table.pk, token)
    assert state(table, token) == "running"
    duplicate_searches.stop(table.pk, token)
    duplicate_searches.run(table.pk, token)
    assert state(table, token) == "stopped"
    assert duplicate_searches.start(table, how) != token


def test_it_ends_at_the_next_batch_when_it_is_stopped(
    table: Table, how: Criteria, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = duplicate_searches.start(table, how)
    compare = alike_rows.compare

    def stopped_before(*given: Any) -> None:
        duplicate_searches.stop(table.pk, token)
        compare(*given)
        raise AssertionError

    monkeypatch.setattr(alike_rows, "compare", stopped_before)
    duplicate_searches.run(table.pk, token)
    assert state(table, token) == "stopped"


def test_a_lost_search_is_sent_again_when_somebody_asks(
    table: Table, how: Criteria, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = duplicate_searches.start(table, how)
    state(table, token)
    assert len(sent) == 1
    monkeypatch.setattr(duplicate_searches, "LOST_AFTER", -1.0)
    state(table, token)
    assert sent == [(duplicate_searches.TASK, table.pk, token)] * 2


def test_what_cannot_be_found_says_why(table: Table, how: Criteria) -> None:
    token = duplicate_searches.start(table, how)
    columns.delete(columns.live(table)[0])
    duplicate_searches.run(table.pk, token)
    told = duplicate_searches.progress(table.pk, token)
    assert (told["state"], "column" in told["error"]) == ("failed", True)
    with pytest.raises(Refused, match="expired") as refused:
        duplicate_searches.progress(table.pk, "unknown")
    assert (refused.value.code, refused.value.status) == ("search_gone", 410)


def test_a_fault_of_ours_ends_it_with_words(table: Table, how: Criteria, monkeypatch: pytest.MonkeyPatch) -> None:
    token = duplicate_searches.start(table, how)

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(duplicates, "look", breaks)
    with pytest.raises(ZeroDivisionError):
        duplicate_searches.run(table.pk, token)
    assert "on our side" in duplicate_searches.progress(table.pk, token)["error"]
