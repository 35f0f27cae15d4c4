from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from enrichment.models import Connection
from workspaces.sealing import CannotOpen, open_sealed, seal

SECRET = 'pa"ss wörd/1'


def test_what_was_sealed_opens_and_does_not_show() -> None:
    sealed = seal({"password": SECRET})
    assert open_sealed(sealed) == {"password": SECRET}
    assert SECRET not in sealed
    assert open_sealed("") == {}


def test_an_older_key_still_opens_and_a_lost_one_is_told(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old key"]
    sealed = seal({"a": "b"})
    settings.ENCRYPTION_KEYS = ["new key", "old key"]
    assert open_sealed(sealed) == {"a": "b"}
    settings.ENCRYPTION_KEYS = ["new key"]
    with pytest.raises(CannotOpen, match="MARL_ENCRYPTION_KEYS"):
        open_sealed(sealed)


@pytest.mark.django_db(transaction=True)
def test_keys_are_rotated(workspace: Any, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["the old key"]
    made = Connection.objects.create(workspace=workspace, name="CRM", secrets=seal({"password": "open sesame"}))
    settings.ENCRYPTION_KEYS = ["a lost key"]
    Connection.objects.create(workspace=workspace, name="Lost", secrets=seal({"password": "x"}))
    settings.ENCRYPTION_KEYS = ["the new key", "the old key"]
    with pytest.raises(CommandError, match="“Lost”"):
        call_command("rotate_keys", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ["the new key"]
    made.refresh_from_db()
    assert open_sealed(made.secrets) == {"password": "open sesame"}
