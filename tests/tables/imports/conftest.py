"""Files on their way into a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tables.models import Import, Table
    from workspaces.actors import Actor
    from workspaces.models import User, Workspace


@pytest.fixture
def actor(workspace: Workspace, editor: User) -> Actor:
    from workspaces.actors import Actor
    from workspaces.models import Role

    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def receive(actor: Actor) -> Callable[..., Import]:
    """Uploads a CSV file of these lines; `chosen` is passed on to `uploads.receive`."""
    from django.core.files.base import ContentFile

    from tables.imports import uploads

    def upload(lines: list[str], table: Table | None = None, filename: str = "leads.csv", **chosen: Any) -> Import:
        return uploads.receive(actor, ContentFile("\n".join(lines).encode(), name=filename), table=table, **chosen)

    return upload


@pytest.fixture
def started(receive: Callable[..., Import]) -> Callable[..., Import]:
    """Uploads a CSV file and starts its import; no worker takes it."""
    from tables.imports import uploads

    def upload_and_start(lines: list[str], table: Table | None = None) -> Import:
        import_ = receive(lines, table)
        uploads.start(import_)
        return import_

    return upload_and_start


@pytest.fixture
def imported(actor: Actor) -> Callable[..., Import]:
    """Imports CSV lines with these choices, and returns the import once it has ended."""
    from django.core.files.base import ContentFile

    from tables.imports import job, uploads

    def run(lines: list[str], table: Table | None = None, **into: Any) -> Import:
        file = ContentFile("\n".join(lines).encode(), name="leads.csv")
        received = uploads.receive(actor, file, table=table, into=into)
        uploads.start(received)
        job.run(received.pk)
        received.refresh_from_db()
        assert received.error == ""
        return received

    return run


@pytest.fixture
def stored_files(settings: Any, tmp_path: Path) -> Callable[[], list[Path]]:
    """Lists the uploads of this test, in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return lambda: list(settings.MEDIA_ROOT.glob("*"))
