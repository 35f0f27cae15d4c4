import re
from collections.abc import Callable

import pytest
from django.test import Client

from workspaces import accounts
from workspaces.models import ApiToken, Invitation, Membership, User, Workspace

pytestmark = pytest.mark.django_db

PAGES = ["/settings/members", "/settings/tokens", "/settings/account"]


def invite(client: Client, email: str = "new@example.com", role: str = "editor") -> str:
    page = client.post("/settings/members", {"email": email, "role": role}).content.decode()
    found = re.search(r"http://[^\s<]+(/invitations/[\w-]+)", page)
    assert found
    return found[1]


@pytest.mark.parametrize("path", PAGES)
def test_every_member_sees_the_settings(path: str, viewer: User, client_for: Callable[[User], Client]) -> None:
    assert client_for(viewer).get(path).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/settings/second-factor"])
def test_a_page_of_the_settings_is_marked_as_theirs(
    path: str, owner: User, client_for: Callable[[User], Client]
) -> None:
    nav = client_for(owner).get(path).content.decode().partition('aria-label="Pages"')[2].partition("</nav>")[0]
    assert re.findall(r'aria-current="page">(\w+)', nav) == ["Settings"]


@pytest.mark.parametrize("path", PAGES)
def test_the_labels_of_a_page_belong_to_one_field_each(
    path: str, owner: User, client_for: Callable[[User], Client]
) -> None:
    ids = re.findall(r'\bid="([^"]+)"', client_for(owner).get(path).content.decode())
    assert len(ids) == len(set(ids))


def test_an_invitation_makes_a_member_once(owner: User, client_for: Callable[[User], Client], client: Client) -> None:
    path = invite(client_for(owner))
    assert "Join Acme growth" in client.get(path).content.decode()
    assert client.post(path, {"name": "New", "password": "short"}).status_code == 422
    assert client.post(path, {"name": "New", "password": "a long passphrase"}).status_code == 302
    member = Membership.objects.get(user__email="new@example.com")
    assert member.role == "editor"
    assert client.get("/").status_code == 200
    assert Client().get(path).status_code == 404


def test_an_invitation_opens_no_account_that_is_there(
    owner: User, viewer: User, client_for: Callable[[User], Client], client: Client
) -> None:
    """Whoever made the link has it, and the account may be of somebody who signs in with their company."""
    viewer.set_unusable_password()
    viewer.save()
    path = invite(client_for(owner), viewer.email)
    for answer in (client.get(path), client.post(path, {"name": "New", "password": "a long passphrase"})):
        assert answer.headers["Location"] == f"/sign-in?next={path}"
    viewer.refresh_from_db()
    assert not viewer.has_usable_password()
    assert "_auth_user_id" not in client.session


def test_only_owners_invite(editor: User, client_for: Callable[[User], Client]) -> None:
    answer = client_for(editor).post("/settings/members", {"email": "x@example.com", "role": "viewer"})
    assert answer.status_code == 403
    assert not Invitation.objects.exists()


def test_a_role_is_changed_and_the_last_owner_stays(
    owner: User, editor: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(owner)
    membership = Membership.objects.get(user=editor)
    client.post(f"/settings/members/{membership.pk}", {"role": "viewer"})
    membership.refresh_from_db()
    assert membership.role == "viewer"
    own = Membership.objects.get(user=owner)
    for role in ("editor", "remove"):
        page = client.post(f"/settings/members/{own.pk}", {"role": role}, follow=True).content.decode()
        assert "only owner" in page
    own.refresh_from_db()
    assert own.role == "owner"


def test_members_of_another_workspace_cannot_be_touched(
    outsider: User, editor: User, client_for: Callable[[User], Client]
) -> None:
    membership = Membership.objects.get(user=editor)
    answer = client_for(outsider).post(f"/settings/members/{membership.pk}", {"role": "remove"})
    assert answer.status_code == 404
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_a_token_is_shown_once_and_can_be_revoked(editor: User, client_for: Callable[[User], Client]) -> None:
    client = client_for(editor)
    page = client.post("/settings/tokens", {"name": "Nightly", "role": "editor", "scopes": ["read"]}).content.decode()
    found = re.search(r"marl_[\w-]{20,}", page)
    assert found
    assert found[0] not in client.get("/settings/tokens").content.decode()
    client.post(f"/settings/tokens/{ApiToken.objects.get().pk}")
    assert Client(headers={"authorization": f"Bearer {found[0]}"}).get("/api/v1/me").status_code == 401


def test_nobody_makes_a_token_above_their_role(editor: User, client_for: Callable[[User], Client]) -> None:
    assert (
        client_for(editor).post("/settings/tokens", {"name": "x", "role": "owner", "scopes": ["read"]}).status_code
        == 403
    )


def test_a_password_is_set_and_the_session_goes_on(owner: User, client_for: Callable[[User], Client]) -> None:
    client = client_for(owner)
    form = {"name": "Olga", "email": "olga@example.com", "password": "another passphrase"}
    assert client.post("/settings/account", form | {"current_password": "a long passphrase"}).status_code == 302
    assert client.get("/").status_code == 200
    answer = Client().post("/sign-in", {"email": "olga@example.com", "password": "another passphrase"})
    assert answer.status_code == 302


@pytest.mark.parametrize("change", [{"email": "olga@example.com"}, {"password": "another passphrase"}])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "Enter your current password to change your e-mail or your password."),
        ("a wrong passphrase", "This isn&#x27;t your current password."),
    ],
)
def test_an_open_browser_is_not_enough_to_take_an_account_over(
    owner: User, client_for: Callable[[User], Client], change: dict[str, str], given: str, words: str
) -> None:
    client = client_for(owner)
    form = {"name": "Olga", "email": owner.email, "current_password": given} | change
    answer = client.post("/settings/account", form)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    owner.refresh_from_db()
    assert owner.email == "owner@example.com"
    assert owner.check_password("a long passphrase")


def test_the_current_password_is_not_guessed(owner: User, client_for: Callable[[User], Client]) -> None:
    client = client_for(owner)
    form = {"name": "Olga", "email": "olga@example.com"}
    for number in range(10):
        client.post("/settings/account", form | {"current_password": f"guess {number}"})
    answer = client.post("/settings/account", form | {"current_password": "a long passphrase"})
    assert (answer.status_code, "Too many attempts." in answer.content.decode()) == (422, True)


def test_whoever_comes_by_a_link_sets_a_password_without_the_old_one(owner: User) -> None:
    client = Client()
    client.get(f"/?token={accounts.new_sign_in_link(owner).rpartition('=')[2]}")
    form = {"name": "Olga", "email": owner.email, "password": "another passphrase"}
    assert "Current password" not in client.get("/settings/account").content.decode()
    assert client.post("/settings/account", form).status_code == 302
    assert "Current password" in client.get("/settings/account").content.decode()


def test_somebody_with_two_workspaces_chooses(owner: User, client_for: Callable[[User], Client]) -> None:
    other = Workspace.objects.create(name="Second")
    Membership.objects.create(user=owner, workspace=other, role="viewer")
    client = client_for(owner)
    client.post("/settings/workspace", {"workspace": other.pk})
    assert client.get("/api/v1/me").json()["workspace"]["name"] == "Second"
    client.post("/settings/workspace", {"workspace": 99999})
    assert client.get("/api/v1/me").json()["workspace"]["name"] == "Second"


def test_the_menu_changes_between_workspaces_and_owners_make_more(
    owner: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(owner)
    assert "/settings/workspace" not in client.get("/").content.decode()
    page = client.post("/settings/workspaces", {"name": "Sales"}, follow=True).content.decode()
    made = Membership.objects.get(user=owner, workspace__name="Sales")
    assert made.role == "owner"
    assert f'name="workspace" value="{made.workspace_id}" aria-current="true">Sales<' in page
    assert ">Acme growth<" in page
    assert "Enter a name" in client.post("/settings/workspaces", {"name": " "}, follow=True).content.decode()


def test_only_owners_make_workspaces(editor: User, client_for: Callable[[User], Client]) -> None:
    assert client_for(editor).post("/settings/workspaces", {"name": "Sales"}).status_code == 403
    assert "Create workspace" not in client_for(editor).get("/settings/account").content.decode()
