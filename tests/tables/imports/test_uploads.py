"""A file that was uploaded, before a worker takes it."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from tables import catalog
from tables.imports import uploads
from tables.models import Import
from workspaces.actors import Actor
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Receive = Callable[..., Import]
type StoredFiles = Callable[[], list[Path]]


def test_a_table_is_called_like_its_file(receive: Receive) -> None:
    received = receive(["Name", "a"], filename="/home/sam/Q4 leads.CSV")
    assert (received.name, received.filename, received.state) == ("Q4 leads", "Q4 leads.CSV", "staged")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"into": {"columns": [{"from": "Na\0me", "to": "Name"}]}}, "columns"),
        ({"into": {"key": ["a\0"]}}, "key"),
        ({"options": {"sheet": "\0"}}, "sheet"),
    ],
)
def test_options_that_no_database_stores_are_refused(
    given: dict[str, Any], named: str, receive: Receive, stored_files: StoredFiles
) -> None:
    with pytest.raises(Refused, match=f"“{named}” has a character that cannot be stored"):
        receive(["Name", "a"], **given)
    assert stored_files() == []
    staged = receive(["Name", "a"], stage=True)
    with pytest.raises(Refused, match=f"“{named}” has a character"):
        uploads.choose(staged, **given)


def test_the_table_of_a_file_that_comes_again_gets_a_number(actor: Actor, receive: Receive) -> None:
    gone, here = (catalog.create(actor, name, [("Name", "text")]) for name in ("Gone", "leads"))
    catalog.delete(gone)
    assert [receive(["Name", "a"], filename=name).name for name in ("leads.csv", "Gone.csv")] == ["leads 2", "Gone"]
    assert receive(["Name", "a"], here).name == "leads"


@pytest.mark.parametrize(
    ("filename", "code", "status"), [("leads.pdf", "unsupported_type", 415), ("leads", "unsupported_type", 415)]
)
def test_a_file_of_another_type_is_refused(
    filename: str, code: str, status: int, receive: Receive, stored_files: StoredFiles
) -> None:
    with pytest.raises(Refused, match="is not a file type Marl can read") as refused:
        receive(["Name"], filename=filename)
    assert (refused.value.code, refused.value.status, refused.value.field) == (code, status, "file")
    assert stored_files() == []


def test_a_file_that_is_too_large_is_refused(actor: Actor, stored_files: StoredFiles, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    with pytest.raises(Refused, match="larger than 1 MiB") as refused:
        uploads.receive(actor, ContentFile(b"x" * (1024 * 1024 + 1), name="leads.csv"))
    assert (refused.value.code, refused.value.status) == ("too_large", 413)
    assert stored_files() == []


def test_a_file_with_other_columns_than_the_table_is_refused(
    actor: Actor, receive: Receive, stored_files: StoredFiles
) -> None:
    table = catalog.create(actor, "Leads", [("Name", "text")])
    with pytest.raises(Refused, match="no column “City”"):
        receive(["Name,City", "a,b"], table)
    assert stored_files() == []


def test_a_preview_shows_what_was_detected(receive: Receive) -> None:
    preview = uploads.preview(receive(["Name;Zip", *["a;0042"] * 30]))
    assert (preview["columns"], preview["delimiter"], preview["problem"]) == (["Name", "Zip"], ";", None)
    assert preview["rows"] == [["a", "0042"]] * uploads.PREVIEWED


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["03-03-2026", "01-02-2026"], "01-02-2026"),
        (["01-02-2026", "31-01-2026"], ""),  # the day is first for sure
        (["01-02-2026", "12-31-2026"], ""),
        (["01.02.2026"], ""),
        (["2026-01-02"], ""),
        (["03-03-2026"], ""),
    ],
)
def test_a_preview_says_that_the_order_of_day_and_month_is_a_guess(
    days: list[str], told: str, receive: Receive
) -> None:
    preview = uploads.preview(receive(["Name,Day", *[f"a,{day}" for day in days]]))
    words = (
        f"“{told}” in “Day” is proposed as a date with the day first, which is a guess. "
        "If the month comes first, choose “Date, month first” for this column."
    )
    assert preview["warnings"] == ([{"line": None, "message": words}] if told else [])


def test_a_preview_says_why_a_file_cannot_be_read_this_way(receive: Receive) -> None:
    received = receive(["Name", "a"])
    uploads.choose(received, options={"delimiter": "ab", "unheard_of": 1})
    preview = uploads.preview(received)
    assert (preview["rows"], preview["delimiter"]) == ([], "ab")
    assert "one character" in preview["problem"]


def test_what_is_started_cannot_be_chosen_or_started_again(started: Receive) -> None:
    received = started(["Name", "a"])
    for again in (uploads.start, uploads.choose):
        with pytest.raises(Refused, match="already being imported") as refused:
            again(received)
        assert (refused.value.code, refused.value.status) == ("conflict", 409)


def test_a_file_that_nobody_started_goes_when_it_is_cancelled(receive: Receive, stored_files: StoredFiles) -> None:
    received = receive(["Name", "a"])
    uploads.cancel(received)
    assert received.state == "cancelled"
    assert stored_files() == []


def test_half_a_file_does_not_stay_on_a_disk_that_is_full(
    actor: Actor, stored_files: StoredFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"Name\n"
        raise OSError(errno.ENOSPC, "No space left on device")

    file = ContentFile(b"Name\na", name="leads.csv")
    monkeypatch.setattr(file, "chunks", chunks)
    with pytest.raises(OSError, match="No space left"):
        uploads.receive(actor, file)
    assert stored_files() == []
