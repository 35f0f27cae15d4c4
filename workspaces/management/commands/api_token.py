from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from workspaces.accounts import first_owner
from workspaces.models import Membership, Role, Scope
from workspaces.tokens import create_api_token


class Command(BaseCommand):
    help = "Prints a new API token, alone on its line."
    requires_system_checks = ()  # which would load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument("--role", choices=Role.values, default=Role.EDITOR)

        parser.add_argument(
            "--scope", choices=Scope.values, action="append", help="what it may do; without it, everything"
        )
        parser.add_argument("--days", type=int, help="after which it ends; without it, never")

    def handle(self, *args: Any, **options: Any) -> None:
        user = first_owner()
        workspace = (
            Membership.objects.filter(user=user, role=Role.OWNER).select_related("workspace").earliest("pk").workspace
        )
        scopes, days = options["scope"] or Scope.values, options["days"]
        ends_at = timezone.now() + timedelta(days=days) if days else None
        name, role = options["name"], options["role"]
        _, text = create_api_token(workspace, name, role, user, scopes=scopes, ends_at=ends_at)
        self.stdout.write(text)
