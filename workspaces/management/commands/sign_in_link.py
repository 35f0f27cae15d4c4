from typing import Any

from django.core.management.base import BaseCommand

from workspaces.accounts import first_owner, new_sign_in_link


class Command(BaseCommand):
    help = "Prints a link that signs the first owner in."
    requires_system_checks = ()  # which would load every page

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_sign_in_link(first_owner()))
