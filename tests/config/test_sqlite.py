"""How connections to SQLite's file begin."""

import sqlite3
from contextlib import closing
from pathlib import Path

from config import sqlite


def test_a_new_file_gives_unused_pages_back(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "new", factory=sqlite.Connection)) as session:
        session.execute("CREATE TABLE held (text)")
        assert session.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_connecting_to_a_file_writes_nothing(tmp_path: Path) -> None:
    """It would wait for whoever writes, and fail on a disk that is full."""
    with closing(sqlite3.connect(tmp_path / "some", factory=sqlite.Connection, isolation_level=None)) as writing:
        writing.execute("CREATE TABLE held (text)")
        writing.execute("BEGIN IMMEDIATE")
        with closing(sqlite3.connect(tmp_path / "some", factory=sqlite.Connection, timeout=0)) as another:
            assert another.execute("SELECT count(*) FROM held").fetchone() == (0,)
            assert another.execute("PRAGMA auto_vacuum").fetchone() == (2,)
