from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from workspaces.accounts import first_owner
from workspaces.models import Membership, Role
from workspaces.tokens import create_api_token


class Command(BaseCommand):
    help = "Prints a new API token, alone on its line."
    requires_system_checks = ()  # which would load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument("--role", choices=Role.values, default=Role.EDITOR)

    def handle(self, *args: Any, **options: Any) -> None:
        user = first_owner()
        workspace = (
            Membership.objects.filter(user=user, role=Role.OWNER).select_related("workspace").earliest("pk").workspace
        )
        _, text = create_api_token(workspace, options["name"], options["role"], user)
        self.stdout.write(text)
