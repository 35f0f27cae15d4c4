"""`manage.py backup FILE`: all that this Marl holds in one file, while it runs; its keys into another one."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workspaces.backups import folder, writing
from workspaces.refusals import Refused


class Command(BaseCommand):
    help = "Writes a backup of the database and the data folder, without keys, while Marl runs."
    requires_system_checks = ()  # which would load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file")
        parser.add_argument("--keys", type=Path, metavar="FILE", help="a new file for the keys, to be kept elsewhere")

    def handle(self, *args: Any, file: Path, keys: Path | None, **options: Any) -> None:
        try:
            if keys:
                writing.check_place(keys)
            written = writing.write(file, self.stderr.write)
            if keys:
                _write_keys(keys)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        size = file.stat().st_size / 1024**2
        self.stdout.write(f"{file}: {written.rows:,} rows and {len(written.files):,} files, {size:,.1f} MiB, checked.")
        self.stdout.write(_about_keys(keys))


def _write_keys(path: Path) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"MARL_SECRET_KEY={settings.SECRET_KEY}\n")
        file.write(f"MARL_ENCRYPTION_KEYS={','.join(settings.ENCRYPTION_KEYS)}\n")


def _about_keys(keys: Path | None) -> str:
    if keys:
        return f"The keys are in {keys}. Keep it apart from the backup: together they open every secret."
    names = ("MARL_ENCRYPTION_KEYS", "MARL_ENCRYPTION_KEYS_FILE")
    given = next((f"in {name}" for name in names if os.environ.get(name)), "")
    there = given or str(settings.DATA_DIR / folder.KEYS[0])
    return (
        f"The encryption key isn't in it: it is {there}. Keep a copy elsewhere (or use --keys FILE), because without "
        "it nobody can read the secrets of connections."
    )
