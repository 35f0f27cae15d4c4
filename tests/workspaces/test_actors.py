"""Who acts, and where visitors are led."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from workspaces.actors import LAST_USED_PRECISION, Actor, actor_of_token
from workspaces.models import ApiToken, Membership, Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "needed", "is_enough"),
    [(Role.VIEWER, Role.EDITOR, False), (Role.EDITOR, Role.EDITOR, True), (Role.OWNER, Role.VIEWER, True)],
)
def test_a_higher_role_may_what_a_lower_one_may(
    role: Role, needed: Role, is_enough: bool, workspace: Workspace, editor: User
) -> None:
    actor = Actor(editor, workspace, role)
    if is_enough:
        actor.require(needed)
    else:
        with pytest.raises(Refused, match="editor role, and yours is viewer") as refused:
            actor.require(needed)
        assert refused.value.status == 403


def test_a_part_of_a_page_leads_the_whole_page_to_sign_in(client: Client) -> None:
    """Otherwise htmx would put the sign-in page into the panel."""
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tables/7?x=1"}
    answer = client.get("/settings/account", headers=headers)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/tables/7%3Fx%3D1"
    foreign = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    assert client.get("/settings/account", headers=foreign).headers["HX-Redirect"] == "/sign-in?next=/"


def test_somebody_without_a_workspace_has_to_sign_in(editor: User, client_for: Callable[[User], Client]) -> None:
    Membership.objects.filter(user=editor).delete()
    assert client_for(editor).get("/").status_code == 302


def test_a_token_acts_until_it_is_revoked(workspace: Workspace, editor: User) -> None:
    token, text = create_api_token(workspace, "CI", Role.VIEWER, editor)
    assert actor_of_token(text) == Actor(editor, workspace, Role.VIEWER)
    assert actor_of_token(f"{text}x") is None
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    assert actor_of_token(text) is None


def test_the_last_use_of_a_token_is_not_written_with_every_call(workspace: Workspace, editor: User) -> None:
    token, text = create_api_token(workspace, "CI", Role.VIEWER, editor)

    def last_used_after(age: timedelta) -> timedelta:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now() - age)
        actor_of_token(text)
        token.refresh_from_db()
        assert token.last_used_at
        return timezone.now() - token.last_used_at

    assert last_used_after(LAST_USED_PRECISION / 2) >= LAST_USED_PRECISION / 2
    assert last_used_after(LAST_USED_PRECISION * 2) < LAST_USED_PRECISION / 2


def test_a_form_that_came_too_late_leads_back_to_its_page(client: Client) -> None:
    here, foreign = {"Referer": "http://testserver/settings/tokens?x=1"}, {"Referer": "https://evil.example/a"}
    answer = client.post("/settings/tokens/1", headers=here)
    assert answer.headers["Location"] == "/sign-in?next=/settings/tokens%3Fx%3D1"
    assert client.post("/settings/tokens/1", headers=foreign).headers["Location"] == "/sign-in?next=/"
    assert client.post("/settings/tokens/1").headers["Location"] == "/sign-in?next=/"
