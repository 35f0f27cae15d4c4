"""One exception for what cannot be done, and the answers that it becomes."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from workspaces.actors import Actor, member
from workspaces.models import User
from workspaces.refusals import Refused


@pytest.mark.parametrize(("code", "status"), [("invalid", 422), ("conflict", 409), ("forbidden", 403)])
def test_a_code_has_its_status(code: str, status: int) -> None:
    assert Refused("Not so.", code=code).status == status


def test_a_code_of_its_own_brings_its_status() -> None:
    refusal = Refused("This view has expired.", code="view_gone", status=410)
    assert (refusal.code, refusal.status, refusal.field) == ("view_gone", 410, "")


def test_a_code_without_a_status_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Refused("Not so.", code="unheard_of")


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refused("This column is used by “Zip”.", code="conflict"), "Not possible"),
        (Refused("This needs the owner role.", code="forbidden"), "Not allowed"),
    ],
)
def test_a_page_says_what_was_refused(refusal: Refused, words: str, editor: User) -> None:
    @member()
    def view(request: HttpRequest, actor: Actor) -> HttpResponse:
        raise refusal

    request = RequestFactory().get("/")
    request.user, request.session = editor, SessionStore()
    answer = view(request)
    assert answer.status_code == refusal.status
    page = answer.content.decode()
    assert words in page
    assert str(refusal) in page
