"""`manage.py restore FILE`: a backup into an empty place, with nothing sent before somebody says so."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from enrichment.worker import restored
from workspaces.backups import folder, restoring
from workspaces.backups.manifest import Manifest
from workspaces.refusals import Refused


class Command(BaseCommand):
    help = "Restores a backup into an empty database and data folder, before Marl is started there."
    requires_system_checks = ()  # which would load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--keys", type=Path, metavar="FILE", help="what `backup --keys` wrote")
        parser.add_argument(
            "--nothing-since",
            action="store_true",
            help="the Marl of the backup was stopped before it was made, and has not run since: nothing is in doubt",
        )

    def handle(self, *args: Any, file: Path, keys: Path | None, **options: Any) -> None:
        told: list[str] = []

        def settle(described: Manifest) -> None:
            told.extend(restored.settle(described.made_at, nothing_since=options["nothing_since"]))

        try:
            found = _keys_of(keys) if keys else {}
            restored.check_redis()
            if found:
                settings.ENCRYPTION_KEYS = found["MARL_ENCRYPTION_KEYS"].split(",")
            described = restoring.restore(file, self.stderr.write, settle)
            _place_keys(found)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        of = restored.in_words(described.made_at)
        self.stdout.write(f"Restored {described.rows:,} rows and {len(described.files):,} files as of {of}.")
        for words in told:
            self.stdout.write(f"- {words}")
        self.stdout.write("What was done after the backup isn't in it. People have to sign in again. Start Marl now.")


def _keys_of(path: Path) -> dict[str, str]:
    """Raises Refused."""
    for name in ("MARL_ENCRYPTION_KEYS", "MARL_SECRET_KEY"):
        if os.environ.get(name) or os.environ.get(f"{name}_FILE"):
            raise Refused(f"{name} is set, so keys in the data folder would not be read. Set it to that of {path}.")
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise Refused(f"{path} can't be read: {error.strerror}.") from error
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    if found.keys() != {"MARL_ENCRYPTION_KEYS", "MARL_SECRET_KEY"}:
        raise Refused(f"{path} isn't a file of keys that `manage.py backup --keys` wrote.")
    return found


def _place_keys(found: dict[str, str]) -> None:
    for file, name in zip(folder.KEYS, ("MARL_ENCRYPTION_KEYS", "MARL_SECRET_KEY"), strict=True):
        if name in found:
            (settings.DATA_DIR / file).write_text(found[name])
