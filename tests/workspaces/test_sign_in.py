from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from workspaces.accounts import first_owner, new_sign_in_link
from workspaces.models import Membership, SecondFactor, SignInLink, User, Workspace

pytestmark = pytest.mark.django_db


def token_of(link: str) -> str:
    return link.partition("token=")[2]


def test_the_first_link_makes_an_owner_and_a_workspace_and_signs_in(client: Client) -> None:
    answer = client.get("/", {"token": token_of(new_sign_in_link(first_owner()))}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [("/", 302)]
    assert Membership.objects.get().role == "owner"
    assert first_owner() == User.objects.get()


def test_a_link_is_made_for_anybody_and_turns_a_lost_second_factor_off(
    client: Client, viewer: User, capsys: pytest.CaptureFixture[str]
) -> None:
    SecondFactor.objects.create(user=viewer, secret="", last_step=0)
    call_command("sign_in_link", "--email", "Viewer@example.com", "--no-second-factor")
    client.get("/", {"token": token_of(capsys.readouterr().out.strip())})
    assert client.session["_auth_user_id"] == str(viewer.pk)
    assert not SecondFactor.objects.exists()
    with pytest.raises(CommandError, match=r"Nobody here has the address sam@example.com. There are: viewer@example"):
        call_command("sign_in_link", "--email", "sam@example.com")


def test_a_link_that_is_old_or_wrong_leads_to_the_sign_in_page(client: Client) -> None:
    token = token_of(new_sign_in_link(first_owner()))
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for text in (token, "nonsense"):
        answer = client.get("/", {"token": text}, follow=True)
        assert "expired" in answer.content.decode()


def test_a_page_asks_to_sign_in_and_comes_back(client: Client, owner: User) -> None:
    answer = client.get("/settings/members", follow=True)
    form = {"email": "OWNER@example.com", "password": "a long passphrase", "next": "/settings/members"}
    assert answer.redirect_chain[0][0] == "/sign-in?next=/settings/members"
    assert client.post("/sign-in", form).headers["Location"] == "/settings/members"


def test_a_wrong_password_is_told_and_a_foreign_address_is_not_followed(client: Client, owner: User) -> None:
    answer = client.post("/sign-in", {"email": owner.email, "password": "wrong"})
    assert answer.status_code == 422
    assert "This e-mail and password" in answer.content.decode()
    form = {"email": owner.email, "password": "a long passphrase", "next": "https://evil.example/"}
    assert client.post("/sign-in", form).headers["Location"] == "/"


def test_passwords_cannot_be_tried_without_end(client: Client, owner: User) -> None:
    for _ in range(10):
        client.post("/sign-in", {"email": owner.email, "password": "wrong"})
    answer = client.post("/sign-in", {"email": owner.email, "password": "a long passphrase"})
    assert "Too many attempts" in answer.content.decode()


def test_signing_out_ends_the_session(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_the_command_prints_a_token_alone_and_makes_the_first_owner(
    capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    call_command("api_token", "--name", "ci")
    token = capsys.readouterr().out
    assert token.startswith("marl_")
    assert token.count("\n") == 1
    me = client.get("/api/v1/me", headers={"authorization": f"Bearer {token.strip()}"}).json()
    assert me["role"] == "editor"
    assert Workspace.objects.count() == 1


def test_what_is_no_address_says_what_one_looks_like(client: Client) -> None:
    page = client.post("/sign-in", {"email": "sam@", "password": "a long passphrase"}).content.decode()
    assert "This isn&#x27;t an e-mail address. Enter one such as sam@example.com." in page
