from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrates the database, collects the assets, and prints a link that signs the first owner in."
    requires_system_checks = ()  # which would load every page

    def handle(self, *args: Any, **options: Any) -> None:
        for step in ("migrate", "collectstatic"):
            call_command(step, interactive=False, verbosity=0)
        call_command("sign_in_link", stdout=self.stdout)
