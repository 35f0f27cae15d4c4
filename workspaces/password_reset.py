"""A link by e-mail for whoever has forgotten their password."""

import smtplib

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from workspaces import sessions
from workspaces.models import User

TEXT = """Somebody asked for a new password for {email} on {url}. If it was you, open this link within an hour:

{link}

If it wasn't, there is nothing to do: your password stays as it is.
"""


class NotSent(Exception):
    """The mail server didn't take the e-mail; trying again may help."""


def send_link(email: str) -> None:
    """Sends a link to the account of this address, if there is one that has a password to forget. Raises NotSent."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None or (user.identities.exists() and not user.has_usable_password()):
        return  # who signs in with their company may not come back by their mailbox when the company has closed that
    text = TEXT.format(email=user.email, url=settings.PUBLIC_URL, link=_link(user))
    try:
        EmailMessage("Marl: a new password", text, settings.EMAIL_FROM, [user.email]).send()
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(str(error)) from error


def _link(user: User) -> str:
    number = urlsafe_base64_encode(str(user.pk).encode())
    return f"{settings.PUBLIC_URL}{reverse('reset_password', args=[number, default_token_generator.make_token(user)])}"


def user_of_link(number: str, token: str) -> User | None:
    """Returns None for a link that is used, an hour old, or unknown."""
    try:
        pk = int(force_str(urlsafe_base64_decode(number)))
    except (ValueError, UnicodeDecodeError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first() if pk.bit_length() < 63 else None
    return user if user and default_token_generator.check_token(user, token) else None


def reset(user: User, password: str) -> None:
    """Sets a new password, which ends the link and every session."""
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.end_all(user)
