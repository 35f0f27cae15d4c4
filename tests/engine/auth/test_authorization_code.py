"""What a provider answers to a code or a refresh token."""

import json
from typing import Any

import pytest

from enrichment.engine.auth.authorization_code import ENDED, AuthorizationCode
from enrichment.engine.errors import SignInError
from enrichment.engine.messages import Response

NOW = 1_800_000_000.0
SCHEME = AuthorizationCode.compile(
    {"authorize_url": "https://login.example/authorize", "token_url": "https://login.example/token"}
)
FORM = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)


def test_a_refresh_token_is_found_in_an_answer_that_is_a_form() -> None:
    body = b"access_token=abc&expires_in=3600&refresh_token=next%2Fone&scope=read+write"
    granted = SCHEME.read(Response(200, FORM, body), NOW)
    assert (granted.token.value, granted.token.expires_at) == ("abc", NOW + 3600)
    assert (granted.refresh_token, granted.scope) == ("next/one", "read write")


def test_a_grant_that_is_no_more_is_told_by_a_form_as_by_json() -> None:
    body = b"error=bad_refresh_token&error_description=The+refresh+token+is+incorrect+or+expired."
    with pytest.raises(SignInError, match="bad_refresh_token") as caught:
        SCHEME.read(Response(200, FORM, body), NOW)
    assert caught.value.code == ENDED


@pytest.mark.parametrize(
    ("given", "end"),
    [(60, NOW + 60), ("60", NOW + 60), (NOW + 60, NOW + 60), (0, None), (True, None), ("never", None), (None, None)],
)
def test_the_end_of_a_refresh_token_is_read_in_all_forms(given: Any, end: float | None) -> None:
    body = {"access_token": "abc", "refresh_token": "next", "refresh_expires_in": given}
    assert SCHEME.read(Response(200, (), json.dumps(body).encode()), NOW).refresh_ends_at == end
