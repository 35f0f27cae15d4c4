"""Workbooks made to harm: each ends quickly, with words."""

import io
import os
import resource
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tables.imports.readers import child, formats
from tables.imports.readers.sheet import Options, silent
from tests.tables.imports.readers.workbooks import MAIN, names, parts, row, sheet, text, zipped
from workspaces.refusals import Refused

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {"abcdefghijk"[n]} "{("&" + "abcdefghijk"[n - 1] + ";") * 10}">' for n in range(1, 11))
    + "]>"
)
PEOPLE = names("Name", "City") + row(2, text("A2", "Ola"), text("B2", "Oslo"))


def laughing() -> bytes:
    return zipped(parts(LAUGHS + sheet(PEOPLE.replace("Ola", "&k;"))))


def pointing_outside() -> bytes:
    document = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    return zipped(parts(document + sheet(PEOPLE.replace("Ola", "&a;"))))


def truncated() -> bytes:
    return zipped(parts(sheet(PEOPLE)))[:-60]


def cut_inside() -> bytes:
    return zipped(parts(sheet(PEOPLE)[:-40]))


def large_text() -> bytes:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 150_000_000}</t></si></sst>'
    return zipped(parts(sheet(row(1, '<c r="A1" t="s"><v>0</v></c>')), strings=strings))


def many_columns() -> bytes:
    return zipped(parts(sheet(PEOPLE + row(3, text("XFD3", "far")))))


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(500)


def repeated_part() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", "<Relationships/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (laughing, "cannot be read"),
        (pointing_outside, "cannot be read"),
        (truncated, "damaged"),
        (cut_inside, "cannot be read"),
        (large_text, "unpacks to far more"),
        (many_columns, "columns"),
        (repeated_part, "cannot be read"),
        (encrypted, "protected by a password"),
        (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "a web page"),
        (lambda: b"Name;City\nOla;Oslo\n", "Rename it to .csv"),
    ],
    ids=["laughs", "entity", "truncated", "cut", "text", "columns", "no book", "encrypted", "html", "csv"],
)
def test_a_hostile_workbook_ends_with_words(make: Callable[[], bytes], words: str, read: Any) -> None:
    content = make()
    start = time.monotonic()
    with pytest.raises(Refused, match=words):
        read(content, ".xlsx")
    assert time.monotonic() - start < 15


@pytest.mark.parametrize(
    ("seconds", "memory", "words"), [(0, 1024**3, "takes over"), (20, 16 * 1024**2, "memory")], ids=["time", "memory"]
)
def test_a_parser_past_its_bounds_ends_with_words(
    seconds: int, memory: int, words: str, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "SECONDS_OF_IMPORT", seconds)
    monkeypatch.setattr(child, "MEMORY", memory)
    with pytest.raises(Refused, match=words):
        read(zipped(parts(sheet(PEOPLE))), ".xlsx")


def test_a_parser_that_does_not_answer_as_agreed_has_ended() -> None:
    with (
        child.reading("this", Path(), "workbook", silent, is_preview=True) as messages,
        pytest.raises(Refused, match="This workbook is broken"),
    ):
        list(messages)


def test_a_parser_that_is_silent_is_waited_for_with_a_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(child, "_HEARD_EVERY", 0.001)
    path = tmp_path / "file.xlsx"
    path.write_bytes(zipped(parts(sheet(PEOPLE))))
    heard: list[None] = []
    with formats.opened(path, Options(), waiting=lambda: heard.append(None)) as opened:
        assert len(list(opened.rows)) == 1
    assert heard

    class Cancelled(Exception):
        """Nobody waits any more."""

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled), formats.opened(path, Options(), waiting=cancel):
        pass


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """More than select() can tell apart."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2_000), hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    yield
    for file in files:
        os.close(file)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_open_files")
def test_a_process_with_very_many_open_files_reads_workbooks(read: Any) -> None:
    assert read(zipped(parts(sheet(PEOPLE))), ".xlsx")[:2] == (["Name", "City"], [["Ola", "Oslo"]])


def test_the_parsers_are_read_without_django() -> None:
    import subprocess

    code = (
        "import sys, tables.imports.readers.spreadsheets.__main__, tables.imports.readers.spreadsheets.xlsx,"
        "tables.imports.readers.spreadsheets.calamine; sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
