"""`manage.py rotate_keys`: seals all secrets with the first of MARL_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from enrichment import webhooks
from enrichment.connections import settings as connection_settings
from enrichment.sources import runs as source_runs
from enrichment.worker import open_exchanges
from workspaces import second_factor


class Command(BaseCommand):
    help = "Encrypts all secrets anew with the first of MARL_ENCRYPTION_KEYS; then the older keys can go."

    def handle(self, *args: Any, **options: Any) -> None:
        second_factor.seal_anew()
        webhooks.seal_anew()
        open_exchanges.seal_anew()
        source_runs.seal_anew()
        done, lost = connection_settings.seal_anew()
        self.stdout.write(f"{done} connections are sealed with the first key.")
        if lost:
            names = ", ".join(f"“{name}”" for name in lost)
            raise CommandError(f"No key opens the secrets of {names}: enter them again, or add their key.")
