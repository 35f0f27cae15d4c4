"""Every odd file of the list comes in right, or the import says what it did not read."""

from typing import Any

import pytest

from tests.tables.imports.readers.odd_file import Odd
from tests.tables.imports.readers.odd_files import CORPUS, PAGE, page
from workspaces.refusals import Refused

FILES = [pytest.param(odd, id=f"{title}: {odd.kind}") for title, files in CORPUS.items() for odd in files]


@pytest.mark.parametrize("odd", FILES)
def test_an_odd_file_is_right_or_told(odd: Odd, read: Any) -> None:
    if odd.table is None:
        with pytest.raises(Refused) as refused:
            read(odd.content, odd.suffix)
        assert odd.told in str(refused.value)
        return
    columns, rows, sheet = read(odd.content, odd.suffix)
    assert [columns, *rows] == [list(row) for row in odd.table]
    messages = " ".join(warning.message for warning in sheet.warnings)
    assert odd.told in messages
    assert bool(odd.told) == bool(messages)


def test_the_page_lists_these_files() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.tables.imports.readers.odd_files"
