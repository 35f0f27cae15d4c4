"""A code beside the password: set up, asked for, good once, and everybody's duty where an owner says so."""

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client

from workspaces import second_factor
from workspaces.models import AuditEntry, SecondFactor, User, Workspace
from workspaces.sealing import open_sealed

pytestmark = pytest.mark.django_db

PASSWORD = "a long passphrase"
SETTINGS = "/settings/second-factor"


def code_of(secret: str, steps: int = 0) -> str:
    moment = int(time.time()) + steps * second_factor.STEP
    return second_factor._totp(secret).generate(moment).decode()


def turned_on(user: User) -> tuple[str, list[str]]:
    """Returns the secret that the app has and the recovery codes; the code of the step before is used up."""
    secret = second_factor.new_secret()
    return secret, second_factor.turn_on(user, secret, code_of(secret, -1))


def password_given(user: User, next_page: str = "") -> Client:
    client = Client()
    answer = client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": next_page})
    assert answer.headers["Location"] == "/sign-in/second-factor"
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/account").status_code == 200


def test_it_is_set_up_with_a_code_of_the_app(viewer: User, client_for: Callable[[User], Client]) -> None:
    client, elsewhere = client_for(viewer), client_for(viewer)
    assert is_signed_in(elsewhere)
    page = client.get(SETTINGS).content.decode()
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    assert 'src="data:image/svg+xml' in page
    assert client.post(SETTINGS, {"code": "12345"}).status_code == 422
    assert not SecondFactor.objects.exists()
    page = client.post(SETTINGS, {"code": code_of(found[1])}).content.decode()
    codes = re.findall(r"\b(?:[a-z2-7]{4}-){3}[a-z2-7]{4}\b", page.partition("</code>")[0])
    assert len(set(codes)) == 10
    assert codes[0] not in client.get(SETTINGS).content.decode()
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    factor = SecondFactor.objects.get()
    assert found[1] not in factor.secret
    assert open_sealed(factor.secret)["totp"] == found[1]
    assert codes[0] not in str(factor.recovery_hashes)


def test_the_password_alone_no_longer_signs_in(viewer: User) -> None:
    secret, _ = turned_on(viewer)
    client = password_given(viewer, "/settings/members")
    assert not is_signed_in(client)
    assert client.post("/sign-in/second-factor", {"code": "000000"}).status_code == 422
    code = code_of(secret)
    answer = client.post("/sign-in/second-factor", {"code": f"{code[:3]} {code[3:]}"})
    assert answer.headers["Location"] == "/settings/members"
    assert is_signed_in(client)


def test_a_code_is_good_once(viewer: User) -> None:
    secret, _ = turned_on(viewer)
    code = code_of(secret)
    password_given(viewer).post("/sign-in/second-factor", {"code": code})
    again = password_given(viewer)
    assert again.post("/sign-in/second-factor", {"code": code}).status_code == 422
    assert not is_signed_in(again)


def test_a_recovery_code_is_good_once_and_few_are_told(viewer: User) -> None:
    _, codes = turned_on(viewer)
    for code in codes[:7]:
        second_factor.check(viewer, code.upper())
    client = password_given(viewer)
    page = client.post("/sign-in/second-factor", {"code": codes[7]}, follow=True).content.decode()
    assert "You have 2 recovery codes left." in page
    again = password_given(viewer)
    assert again.post("/sign-in/second-factor", {"code": codes[7]}).status_code == 422


def test_codes_cannot_be_tried_without_end(viewer: User) -> None:
    secret, _ = turned_on(viewer)
    client = password_given(viewer)
    for _ in range(10):
        client.post("/sign-in/second-factor", {"code": "000000"}, REMOTE_ADDR="192.0.2.1")
    answer = password_given(viewer).post("/sign-in/second-factor", {"code": code_of(secret)}, REMOTE_ADDR="192.0.2.2")
    assert "Too many attempts" in answer.content.decode()


def test_a_step_in_between_ends_with_the_password_and_after_ten_minutes(viewer: User) -> None:
    secret, _ = turned_on(viewer)
    changed, old = password_given(viewer), password_given(viewer)
    session = old.session
    session["signing_in"] = session["signing_in"] | {"at": session["signing_in"]["at"] - 601}
    session.save()
    viewer.set_password("another passphrase")
    viewer.save()
    for client in (changed, old, Client()):
        answer = client.post("/sign-in/second-factor", {"code": code_of(secret)})
        assert answer.headers["Location"] == "/sign-in"
        assert not is_signed_in(client)


def test_it_is_turned_off_and_codes_are_renewed_with_a_code_alone(
    viewer: User, client_for: Callable[[User], Client]
) -> None:
    secret, old = turned_on(viewer)
    client = client_for(viewer)
    for path in ("/off", "/codes"):
        assert client.post(SETTINGS + path, {"code": "000000"}).status_code == 422
    page = client.post(f"{SETTINGS}/codes", {"code": code_of(secret)}).content.decode()
    assert "They won't be shown again" in page
    assert client.post(f"{SETTINGS}/off", {"code": old[0]}).status_code == 422
    assert client.post(f"{SETTINGS}/off", {"code": code_of(secret, 1)}).headers["Location"] == "/settings/account"
    assert not SecondFactor.objects.exists()


def test_somebody_with_a_session_alone_cannot_set_up_another_one(
    viewer: User, client_for: Callable[[User], Client]
) -> None:
    secret, _ = turned_on(viewer)
    client = client_for(viewer)
    before = SecondFactor.objects.get().secret
    client.post(SETTINGS, {"code": code_of(secret)})
    assert SecondFactor.objects.get().secret == before


def test_where_everybody_needs_one_nothing_else_can_be_done_before(
    owner: User, viewer: User, workspace: Workspace, client_for: Callable[[User], Client]
) -> None:
    theirs, ours = client_for(viewer), client_for(owner)
    words = ours.post(f"{SETTINGS}/everyone", {"required": "on"}, follow=True).content.decode()
    assert "Set up your own second factor first" in words
    turned_on(owner)
    ours.post(f"{SETTINGS}/everyone", {"required": "on"})
    assert AuditEntry.objects.latest("pk").action == "member.second_factor_required"
    assert ours.get("/settings/members").status_code == 200
    assert theirs.get("/settings/members").headers["Location"] == SETTINGS
    assert theirs.get("/", headers={"hx-request": "true"}).headers["HX-Redirect"] == SETTINGS
    assert theirs.get("/api/v1/me").status_code == 401
    assert "wants a second factor of everyone" in theirs.get(SETTINGS).content.decode()
    turned_on(viewer)
    assert theirs.get("/settings/members").status_code == 200
    assert theirs.get("/api/v1/me").status_code == 200
    assert theirs.post(f"{SETTINGS}/everyone").status_code == 403
    ours.post(f"{SETTINGS}/everyone")
    SecondFactor.objects.filter(user=viewer).delete()
    assert theirs.get("/settings/members").status_code == 200


def test_a_new_key_seals_the_secrets_anew(viewer: User) -> None:
    secret, _ = turned_on(viewer)
    before = SecondFactor.objects.get().secret
    second_factor.seal_anew()
    after = SecondFactor.objects.get().secret
    assert after != before
    assert open_sealed(after)["totp"] == secret


def test_a_code_that_is_wrong_in_the_setup_asks_for_no_recovery_code(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    client.get("/settings/second-factor")
    page = client.post("/settings/second-factor", {"code": "000000"}).content.decode()
    assert "The six digits that the app shows now." in page
    assert "recovery codes" not in page
