"""What tables announce to whoever computes from their rows.

`rows_changed` is sent after the commit with table_id, row_ids (None: all rows whose id is `from_row` or more),
column_ids (None: any) and added. `rows_deleted` is sent after the commit with table_id and row_ids,
`table_deleted` in the transaction with table_id.
"""

from collections.abc import Sequence

from django.db import transaction
from django.dispatch import Signal

rows_changed = Signal()
rows_deleted = Signal()
table_deleted = Signal()


def send_rows_changed(
    table_id: int,
    row_ids: Sequence[int] | None,
    *,
    column_ids: Sequence[int] | None = None,
    added: bool = False,
    from_row: int = 0,
) -> None:
    """Sends rows_changed after the open transaction commits."""

    def send() -> None:
        rows_changed.send(
            sender=None,
            table_id=table_id,
            row_ids=row_ids,
            column_ids=column_ids,
            added=added,
            from_row=from_row,
        )

    transaction.on_commit(send)


def send_rows_deleted(table_id: int, row_ids: Sequence[int]) -> None:
    """Sends rows_deleted after the open transaction commits."""
    transaction.on_commit(lambda: rows_deleted.send(sender=None, table_id=table_id, row_ids=row_ids))
