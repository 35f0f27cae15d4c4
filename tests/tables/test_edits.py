"""The history of what people and programs wrote into cells."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

if TYPE_CHECKING:
    from tables.models import Table
    from workspaces.models import User

pytestmark = pytest.mark.django_db


def history(table: Table, row_id: int, name: str = "Name") -> list[tuple[Any, ...]]:
    from tables import columns, edits
    from tables.models import Row

    [column] = [column for column in columns.live(table) if column.name == name]
    changes = edits.of_cell(Row.objects.get(pk=row_id), column)
    return [(change["who"], change["how"], change["before"], change["after"]) for change in changes]


@pytest.fixture
def row_id(table: Table, editor: User) -> int:
    from tables import rows
    from workspaces import audit

    audit.set_actor(editor)
    return rows.append(table, [{"Name": "Acme", "Size": 1}, {"Name": "Other"}])[0]


def test_a_cell_says_who_changed_it_from_what_to_what_and_who_added_it(table: Table, row_id: int, editor: User) -> None:
    from tables import rows
    from tables.models import Edit
    from workspaces import audit

    rows.update(table, [{"id": row_id, "cells": {"Name": "Acme Ltd", "Size": "1"}}])
    audit.set_actor(editor, "crm")
    rows.update(table, [{"id": row_id, "cells": {"Name": ""}}])
    audit.set_program("Webhook")
    rows.update(table, [{"id": row_id, "cells": {"Name": "Acme Ltd"}}], Edit.How.UNDO)
    who = str(editor)
    assert history(table, row_id) == [
        ("Webhook", "undo", None, "Acme Ltd"),
        (f"{who}, API token “crm”", "edit", "Acme Ltd", None),
        (who, "edit", "Acme", "Acme Ltd"),
        (who, "add", None, "Acme"),
    ]
    assert [how for _, how, _, _ in history(table, row_id, "Active")] == ["add"]


def test_what_stays_as_it_was_is_no_change(table: Table, row_id: int) -> None:
    from tables import rows
    from tables.models import EditedRow

    rows.update(table, [{"id": row_id, "cells": {"Name": "Acme"}}])
    assert not EditedRow.objects.exists()


def test_old_and_large_edits_are_forgotten_and_the_oldest_of_too_many(
    table: Table, row_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tables import edits, rows
    from tables.models import Edit, EditedRow

    def edited(days: int, number: int = 1) -> None:
        rows.update(table, [{"id": row_id, "cells": {"Name": f"Name {days} {number}"}}])
        latest = Edit.objects.latest("pk")
        Edit.objects.filter(pk=latest.pk).update(at=timezone.now() - timedelta(days=days), rows=number)

    edited(91)
    edited(8, edits.LARGE + 1)
    edited(89)
    edited(2)
    edits.prune()
    assert [how for _, how, _, _ in history(table, row_id)] == ["edit", "edit", "add"]
    monkeypatch.setattr(edits, "MOST", 1)
    edits.prune()
    assert [after for _, how, _, after in history(table, row_id) if how == "edit"] == ["Name 2 1"]
    assert EditedRow.objects.count() == 1


def test_what_is_deleted_for_good_leaves_no_history(table: Table, row_id: int) -> None:
    from tables import columns, deletions, purging, rows
    from tables.models import Deletion, EditedRow

    other = row_id + 1
    rows.update(table, [{"id": pk, "cells": {"Name": "New", "Size": 5}} for pk in (row_id, other)])
    rows.delete(table, [row_id])
    columns.delete(columns.live(table)[0])
    for deletion in Deletion.objects.all():
        deletions.expire(deletion)
        purging.run(deletion.pk)
    [left] = EditedRow.objects.all()
    assert (left.row_id, list(left.after.values())) == (other, [5])
