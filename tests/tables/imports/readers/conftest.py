"""Reads a file of the given bytes to its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tables.imports.readers.sheet import Sheet


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[str], list[list[Any]], Sheet]]:
    from tables.imports.readers.formats import opened
    from tables.imports.readers.sheet import Options

    def read_all(content: bytes, suffix: str = ".csv", **options: Any) -> tuple[list[str], list[list[Any]], Sheet]:
        path = tmp_path / f"file{suffix}"
        path.write_bytes(content)
        with opened(path, Options(**options)) as sheet:
            return sheet.columns, [list(row) for _, row in sheet.rows], sheet

    return read_all
