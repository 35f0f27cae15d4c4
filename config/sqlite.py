"""How connections to SQLite's file begin."""

import sqlite3
from typing import Any


class Connection(sqlite3.Connection):
    """Has a file that is new give unused pages back.

    In others, the same statement would write, and a disk that is full or read-only would then let nobody read either.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        [pages] = self.execute("PRAGMA page_count").fetchone()
        if not pages:
            self.execute("PRAGMA auto_vacuum=INCREMENTAL")
