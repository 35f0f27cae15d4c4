"""A table of three plain columns, and what it announces. Models are imported late: Django is not set up yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tables.models import Table
    from workspaces.models import User, Workspace


@pytest.fixture
def table(workspace: Workspace, editor: User) -> Table:
    from tables import catalog
    from workspaces.actors import Actor
    from workspaces.models import Role

    actor = Actor(editor, workspace, Role.EDITOR)
    return catalog.create(actor, "Leads", [("Name", "text"), ("Size", "number"), ("Active", "checkbox")])


@pytest.fixture
def name(table: Table) -> str:
    from tables import columns

    return str(columns.live(table)[0].pk)


@pytest.fixture
def announced() -> Iterator[list[dict[str, Any]]]:
    """The facts that rows_changed was sent with, in order."""
    from tables.signals import rows_changed

    sent: list[dict[str, Any]] = []

    def listen(signal: object, sender: object, **facts: Any) -> None:
        sent.append(facts)

    rows_changed.connect(listen)
    yield sent
    rows_changed.disconnect(listen)
