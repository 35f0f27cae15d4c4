"""A table with texts that are hard to write, a number, and results of a computed column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tables.models import Table

TEXTS = ["0042", 'a "b", c\nd', "=1+1", "-5", "+49 171 (0)5", "-cmd|x", "@SUM(A1)", "\tx", "", "ü🎉"]


@pytest.fixture
def table(workspace: Any, editor: Any) -> Table:
    from tables import catalog, rows
    from tables.models import Cell, Column
    from workspaces.actors import Actor
    from workspaces.models import Role

    made = catalog.create(Actor(editor, workspace, Role.EDITOR), "Leads: Q4", [("Text", "text"), ("N", "number")])
    rows.append(made, [{"Text": text, "N": number} for number, text in enumerate(TEXTS)])
    result = Column.objects.create(table=made, name="Profile", type="http", position=2)
    first = rows.window(made, 0, 2)
    Cell.objects.create(row=first[0], column=result, state="done", value={"city": "Graz"})
    Cell.objects.create(row=first[1], column=result, state="failed", error_code="http_404", error_message="404 · gone")
    made.refresh_from_db()
    return made
