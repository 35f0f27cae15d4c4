"""The pages that Django shows where no view answers: in the words and the look of all others."""

import errno
import sqlite3
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from enrichment.api.errors import went_wrong
from workspaces.models import User


def busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


def test_a_form_without_its_token_says_what_to_do(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post(reverse("api_tokens"), {"name": "Nightly"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Nothing was saved" in page
    assert "Go back, reload the page" in page
    assert "CSRF" not in page


def test_a_request_that_cannot_be_read_says_so(client: Client) -> None:
    answer = client.get("/sign-in", headers={"Host": "not one of ours"})
    assert answer.status_code == 400
    assert "Request not understood" in answer.content.decode()


@pytest.mark.django_db
def test_an_address_without_a_page_leads_back(client: Client) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "isn't shared with you" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_an_address_without_a_page_keeps_the_way_to_all_others(client: Client, owner: User) -> None:
    client.force_login(owner)
    page = client.get("/nowhere").content.decode()
    assert f'href="{reverse("connections")}"' in page
    assert f'action="{reverse("sign_out")}"' in page
    assert "aria-current" not in page


@pytest.mark.parametrize(
    ("error", "status", "heading", "advice"),
    [
        (busy(), 503, "Marl is busy", "Try again in a moment."),
        (OSError(errno.ENOSPC, "No space left on device"), 503, "Nothing can be stored", "The disk is full"),
        (ValueError("a mistake"), 500, "Something went wrong", "tell whoever runs this server"),
    ],
)
def test_what_went_wrong_has_a_heading_of_its_own(error: Any, status: int, heading: str, advice: str) -> None:
    try:
        raise error
    except Exception:
        answer = went_wrong(RequestFactory().get("/tables/1"))
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in page
    assert advice in page
