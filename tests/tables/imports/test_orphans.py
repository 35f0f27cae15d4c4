"""A file that was written by a process that died before it noted the import is removed after a day."""

import os
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from tables.imports import orphans, uploads
from tables.models import Import
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db

DAY = orphans.KEPT_FOR.total_seconds()


def stage(actor: Actor) -> tuple[Import, Path]:
    staged = uploads.receive(actor, SimpleUploadedFile("leads.csv", b"Company\nAcme\n"), stage=True)
    return staged, uploads.path_of(staged)


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_file_of_no_import_is_removed_after_a_day(actor: Actor) -> None:
    staged, path = stage(actor)
    Import.objects.filter(pk=staged.pk).delete()  # as if the process had died before
    age(path, DAY - 60)
    orphans.prune()
    assert path.exists()
    age(path, DAY + 60)
    orphans.prune()
    assert not path.exists()


@pytest.mark.parametrize("state", ["staged", "fetching", "queued", "running"])
def test_a_file_that_an_import_needs_stays(actor: Actor, state: str) -> None:
    staged, path = stage(actor)
    Import.objects.filter(pk=staged.pk).update(state=state)
    age(path, 30 * DAY)
    orphans.prune()
    assert path.exists()


def test_what_somebody_else_has_put_there_stays(actor: Actor) -> None:
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("rejected-5.csv", "notes.txt", "abcdef.csv"):
        (folder / name).write_text("kept")
        age(folder / name, 30 * DAY)
    orphans.prune()
    assert {path.name for path in folder.iterdir()} >= {"rejected-5.csv", "notes.txt", "abcdef.csv"}


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path / "nowhere"  # type: ignore[attr-defined]
    orphans.prune()
