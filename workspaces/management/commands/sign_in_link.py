from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workspaces import second_factor
from workspaces.accounts import first_owner, new_sign_in_link
from workspaces.models import User


class Command(BaseCommand):
    help = "Prints a link that signs someone in for a day: the first owner, unless an email address is given."
    requires_system_checks = ()  # which would load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", help="of whom the link is for")
        parser.add_argument("--no-second-factor", action="store_true", help="turn it off, for whoever has lost it")

    def handle(self, *args: Any, **options: Any) -> None:
        user = self._user(options["email"]) if options.get("email") else first_owner()
        if options.get("no_second_factor"):
            second_factor.forget(user)
        self.stdout.write(new_sign_in_link(user))

    def _user(self, email: str) -> User:
        user = User.objects.filter(email=email.lower(), is_active=True).first()
        if user is None:
            known = ", ".join(User.objects.order_by("email").values_list("email", flat=True)[:20])
            raise CommandError(f"Nobody here has the address {email}. There are: {known or 'no users yet'}.")
        return user
