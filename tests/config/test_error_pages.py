"""The pages that Django shows where no view answers: in the words and the look of all others."""

import pytest
from django.test import Client
from django.urls import reverse

from workspaces.models import User


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
