"""Signing in with the account of a company: who comes in, and what is told to those who don't."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.servers.oidc_provider import CURVE, OTHER_KEY, OidcProvider
from tests.single_sign_on.conftest import CALLBACK, SignIn, way_back
from workspaces.models import Identity, Membership, Passkey, SecondFactor, User, Workspace

pytestmark = [pytest.mark.django_db, pytest.mark.wire]


def words_of(answer: Any) -> str:
    """The words of the page that says why nobody was signed in."""
    assert answer.status_code in (403, 409, 422), answer.content.decode()
    page = answer.content.decode()
    assert "<h1>Not signed in</h1>" in page
    assert "Try again" in page
    assert "_auth_user_id" not in answer.client.session
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page.partition("<h1>")[2])))


def signed_in_as(client: Client) -> str:
    return User.objects.get(pk=client.session["_auth_user_id"]).email


def test_the_issuer_is_asked_with_state_nonce_and_pkce(client: Client, issuer: OidcProvider, workspace: Any) -> None:
    first, second = (
        parse_qs(urlsplit(client.get("/sign-in/company").headers["Location"]).query, strict_parsing=True)
        for _ in range(2)
    )
    assert first["response_type"] == ["code"]
    assert (first["client_id"], first["redirect_uri"]) == ([issuer.registration.client_id], [CALLBACK])
    assert first["scope"] == ["openid email profile"]
    assert (first["code_challenge_method"], len(first["code_challenge"][0])) == (["S256"], 43)
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 40
        assert first[name] != second[name]


def test_who_tries_again_may_choose_another_account(client: Client, issuer: OidcProvider, workspace: Any) -> None:
    assert "prompt=login" in client.get("/sign-in/company?again=1").headers["Location"]
    assert "prompt" not in client.get("/sign-in/company").headers["Location"]


def test_a_first_sign_in_makes_a_member_and_the_next_one_finds_them(
    sign_in: SignIn, client: Client, issuer: OidcProvider, workspace: Any
) -> None:
    answer = sign_in("/settings/members")
    assert answer.redirect_chain[-1][0] == "/settings/members"
    member = Membership.objects.get(user__email="sam@acme.example")
    assert (member.role, member.workspace, str(member.user)) == ("viewer", workspace, "Sam")
    assert not member.user.has_usable_password()
    issuer.person |= {"email": "sam.new@acme.example"}
    sign_in(browser=(again := Client()))
    assert signed_in_as(again) == "sam@acme.example"


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"], []])
def test_the_secret_goes_where_the_issuer_takes_it(
    methods: list[str], sign_in: SignIn, client: Client, issuer: OidcProvider, workspace: Any
) -> None:
    issuer.methods = methods
    issuer.registration.client_auth = "body" if methods == ["client_secret_post"] else "basic"
    assert sign_in().status_code == 200
    assert signed_in_as(client) == "sam@acme.example"


def test_another_kind_of_key_and_claims_that_only_the_user_info_has(
    sign_in: SignIn, client: Client, issuer: OidcProvider, workspace: Any
) -> None:
    issuer.signs_with, issuer.in_id_token = (CURVE, "ES256", "curve"), False
    sign_in()
    assert signed_in_as(client) == "sam@acme.example"
    assert "/userinfo" in issuer.asked_for


def test_the_sign_in_page_offers_it_and_keeps_the_password(
    client: Client, issuer: OidcProvider, owner: User, settings: Any
) -> None:
    page = client.get("/sign-in?next=/settings/members").content.decode()
    assert 'href="/sign-in/company?next=/settings/members">Sign in with Acme Login' in page
    form = {"email": owner.email, "password": "a long passphrase"}
    assert client.post("/sign-in", form).status_code == 302
    settings.OIDC_ISSUER = ""
    assert "Acme Login" not in client.get("/sign-in").content.decode()
    assert client.get("/sign-in/company").status_code == client.get("/sign-in/callback").status_code == 404


def test_an_account_of_the_same_address_is_joined_and_its_password_ends(
    sign_in: SignIn, client: Client, issuer: OidcProvider, owner: User, client_for: Callable[[User], Client]
) -> None:
    """Whoever had chosen that address for their account may never have owned it."""
    elsewhere = client_for(owner)
    assert elsewhere.get("/settings/account").status_code == 200
    SecondFactor.objects.create(user=owner, secret="", last_step=0)
    Passkey.objects.create(user=owner, identifier="x", credential=b"", name="Firefox")
    issuer.person |= {"email": "Owner@acme.example"}
    User.objects.update(email="owner@acme.example")
    answer = sign_in()
    assert signed_in_as(client) == "owner@acme.example"
    assert "The password, passkeys, second factor and sessions you had here have ended" in answer.content.decode()
    assert not Passkey.objects.exists()
    assert not SecondFactor.objects.exists()
    assert Membership.objects.get(user=owner).role == "owner"
    assert elsewhere.get("/settings/account").status_code == 302
    assert Client().post("/sign-in", {"email": owner.email, "password": "a long passphrase"}).status_code == 422


def test_an_account_is_joined_by_one_person_alone(
    sign_in: SignIn, issuer: OidcProvider, workspace: Any, client: Client
) -> None:
    sign_in()
    issuer.person |= {"sub": "person-2"}  # to whom the company gave the address of somebody who left
    words = words_of(sign_in(browser=Client()))
    assert "belongs to another account at Acme Login" in words
    assert "disconnect it under Account" in words
    assert Identity.objects.count() == 1


def test_the_company_asks_for_its_own_second_factor(
    sign_in: SignIn, client: Client, issuer: OidcProvider, workspace: Any
) -> None:
    Workspace.objects.update(requires_second_factor=True)
    assert sign_in("/settings/members").redirect_chain[-1][0] == "/settings/members"


def test_a_disconnected_account_lets_another_person_of_the_address_in(
    sign_in: SignIn,
    client: Client,
    issuer: OidcProvider,
    owner: User,
    client_for: Callable[[User], Client],
) -> None:
    page = sign_in("/settings/account").content.decode()
    assert "Signing in with Acme Login" in page
    path = f"/settings/identities/{Identity.objects.get().pk}"
    assert client_for(owner).post(path).status_code == 404
    assert "You no longer sign in with Acme Login." in client.post(path, follow=True).content.decode()
    issuer.person |= {"sub": "person-2"}
    sign_in(browser=(again := Client()))
    assert signed_in_as(again) == "sam@acme.example"


def test_an_invitation_lets_its_address_in(
    sign_in: SignIn,
    client: Client,
    issuer: OidcProvider,
    owner: User,
    client_for: Callable[[User], Client],
    settings: Any,
) -> None:
    settings.OIDC_ROLE, settings.OIDC_DOMAINS = "", []
    words = words_of(sign_in())
    assert "sam@acme.example isn't a member of a workspace here. Ask an owner for an invitation." in words
    assert not User.objects.filter(email="sam@acme.example").exists()
    client_for(owner).post("/settings/members", {"email": "sam@acme.example", "role": "editor"})
    sign_in()
    assert Membership.objects.get(user__email="sam@acme.example").role == "editor"


# Who may not come in


@pytest.mark.parametrize("told", [{"email_verified": False}, {"email_verified": None}, {"email": "no address"}])
def test_an_address_that_is_not_verified_joins_and_makes_nothing(
    told: dict[str, Any], sign_in: SignIn, issuer: OidcProvider, workspace: Any
) -> None:
    User.objects.create_user("sam@acme.example", "a long passphrase")
    issuer.person |= told
    words = words_of(sign_in())
    assert "Acme Login doesn't say that your e-mail address is verified" in words
    assert "Verify it there" in words
    assert not Identity.objects.exists()
    assert User.objects.get().has_usable_password()


def test_microsofts_word_for_verified_counts(sign_in: SignIn, client: Client, issuer: OidcProvider, owner: Any) -> None:
    del issuer.person["email_verified"]
    issuer.person["xms_edov"] = "1"
    sign_in()
    assert signed_in_as(client) == "sam@acme.example"


@pytest.mark.parametrize("email", ["sam@evil.example", "sam@sub.acme.example", "sam@acme.example.evil.example"])
def test_another_domain_is_refused_also_to_whoever_came_in_before(
    email: str, sign_in: SignIn, issuer: OidcProvider, workspace: Any
) -> None:
    sign_in()
    for subject in ("person-1", "person-2"):
        issuer.person |= {"sub": subject, "email": email}
        words = words_of(sign_in(browser=Client()))
        assert f"{email} may not sign in here: only addresses of acme.example may." in words
    assert User.objects.filter(email=email).count() == 0


def test_a_closed_account_stays_closed(sign_in: SignIn, issuer: OidcProvider, workspace: Any) -> None:
    sign_in()
    User.objects.update(is_active=False)
    assert "Your account here is closed" in words_of(sign_in(browser=Client()))


def test_who_was_removed_stays_out_where_no_group_says_otherwise(
    sign_in: SignIn, issuer: OidcProvider, workspace: Any
) -> None:
    sign_in()
    Membership.objects.filter(user__email="sam@acme.example").delete()
    assert "isn't a member of a workspace here" in words_of(sign_in(browser=Client()))


def test_the_workspace_is_the_one_that_is_named(
    sign_in: SignIn, issuer: OidcProvider, owner: User, settings: Any
) -> None:
    sales = Workspace.objects.create(name="Sales")
    settings.OIDC_WORKSPACE = "Sales"
    sign_in()
    assert Membership.objects.get(user__email="sam@acme.example").workspace == sales
    settings.OIDC_WORKSPACE = "Marketing"
    words = words_of(sign_in(browser=Client()))
    assert "There is no workspace “Marketing”. Whoever runs this server has to correct MARL_OIDC_WORKSPACE." in words


# Attacks


def test_a_way_back_that_did_not_begin_in_this_browser_is_refused(
    client: Client, issuer: OidcProvider, workspace: Any
) -> None:
    address = way_back(client.get("/sign-in/company").headers["Location"])
    assert "good once, for ten minutes" in words_of(Client().get(address))
    other = Client()
    other.get("/sign-in/company")
    assert "a sign-in that didn't begin here" in words_of(other.get(address))
    assert issuer.grants("authorization_code") == 0


def test_a_way_back_is_good_once(client: Client, issuer: OidcProvider, workspace: Any) -> None:
    address = way_back(client.get("/sign-in/company").headers["Location"])
    assert client.get(address).status_code == 302
    client.post("/sign-out")
    assert "good once" in words_of(client.get(address))
    assert issuer.grants("authorization_code") == 1


def test_a_way_back_ends_after_ten_minutes(
    client: Client, issuer: OidcProvider, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = way_back(client.get("/sign-in/company").headers["Location"])
    session = client.session
    session["single_sign_on"] = session["single_sign_on"] | {"began": session["single_sign_on"]["began"] - 601}
    session.save()
    assert "for ten minutes" in words_of(client.get(address))


def test_a_code_of_somebody_else_is_refused(client: Client, issuer: OidcProvider, workspace: Any) -> None:
    """PKCE binds a code to the browser that set out, and so does the nonce."""
    query = parse_qs(urlsplit(client.get("/sign-in/company").headers["Location"]).query)
    stolen = issuer.code_for("nonce of the other browser", CALLBACK, "challenge of the other browser")
    answer = client.get("/sign-in/callback", {"code": stolen, "state": query["state"][0]})
    assert "doesn't accept the code that you came back with: 400 · The code verifier does not match" in words_of(answer)
    query = parse_qs(urlsplit(client.get("/sign-in/company").headers["Location"]).query)
    injected = issuer.code_for("nonce of the other browser", CALLBACK, query["code_challenge"][0])
    answer = client.get("/sign-in/callback", {"code": injected, "state": query["state"][0]})
    assert "it belongs to another sign-in" in words_of(answer)


def test_a_code_is_good_once(client: Client, issuer: OidcProvider, workspace: Any) -> None:
    used = way_back(client.get("/sign-in/company").headers["Location"])
    client.get(used)
    other = Client()
    state = parse_qs(urlsplit(other.get("/sign-in/company").headers["Location"]).query)["state"][0]
    code = parse_qs(urlsplit(used).query)["code"][0]
    words = words_of(other.get("/sign-in/callback", {"code": code, "state": state}))
    assert "The code is unknown or was used before" in words


@pytest.mark.parametrize(
    ("forged", "told"),
    [
        ({"aud": "another-client"}, "it is for another application"),
        ({"aud": ["marl-client", "another-client"]}, "it is for another application"),
        ({"azp": "another-client"}, "it is for another application"),
        ({"iss": "https://evil.example"}, "it comes from another issuer"),
        ({"nonce": "n" * 43}, "it belongs to another sign-in"),
        ({"nonce": None}, "it belongs to another sign-in"),
        ({"at_hash": "bm90IHRoaXMgb25l"}, "it belongs to another access token"),
        ({"sub": ""}, "it names nobody"),
        ({"sub": None}, "its claim sub is missing or wrong"),
        ({"sub": "x" * 256}, "it names nobody"),
        ({"exp": None}, "its claim exp is missing or wrong"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    forged: dict[str, Any], told: str, sign_in: SignIn, issuer: OidcProvider, workspace: Any
) -> None:
    issuer.forged = forged
    words = words_of(sign_in())
    assert told in words
    assert "Nobody was signed in" in words
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    "signs_with",
    [
        (OTHER_KEY, "RS256", "rsa"),
        (OTHER_KEY, "RS256", "unknown"),
        (None, "none", None),
        ("marl-client's secret, which the issuer and Marl both know", "HS256", None),
    ],
)
def test_a_token_that_the_issuer_did_not_sign_is_refused(
    signs_with: tuple[Any, str, str | None], sign_in: SignIn, issuer: OidcProvider, workspace: Any
) -> None:
    issuer.signs_with = signs_with
    assert "its signature can't be checked" in words_of(sign_in())


def test_user_info_of_somebody_else_is_refused(
    sign_in: SignIn, issuer: OidcProvider, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.in_id_token = False
    monkeypatch.setattr(issuer, "user_info", lambda _: issuer.person | {"sub": "somebody else"})
    assert "told of someone else than who signed in" in words_of(sign_in())


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil"]
)
def test_nobody_is_led_to_another_site(address: str, sign_in: SignIn, issuer: OidcProvider, workspace: Any) -> None:
    answer = sign_in(address)
    assert answer.redirect_chain[-1][0] == "/"


def test_what_the_issuer_says_back_is_shown_as_text(client: Client, issuer: OidcProvider, workspace: Any) -> None:
    state = parse_qs(urlsplit(client.get("/sign-in/company").headers["Location"]).query)["state"][0]
    said = {"state": state, "error": "access_denied", "error_description": "The user said no <b>thanks</b>."}
    answer = client.get("/sign-in/callback", said)
    assert "access_denied · The user said no &lt;b&gt;thanks&lt;/b&gt;." in answer.content.decode()
    assert "ask whoever manages it whether you may use Marl" in words_of(answer)


# What is set up wrongly


def test_an_issuer_that_is_away_is_told(client: Client, issuer: OidcProvider, settings: Any) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    words = words_of(client.get("/sign-in/company"))
    assert "Acme Login can't be reached: Can't connect to 127.0.0.1:9" in words
    assert "Try again in a minute. If it goes on, tell whoever runs this server." in words


def test_private_networks_are_reached_where_the_settings_allow_them_alone(
    client: Client, issuer: OidcProvider, settings: Any
) -> None:
    settings.ALLOWED_NETWORKS = []
    assert "MARL_ALLOWED_NETWORKS" in words_of(client.get("/sign-in/company"))
    assert issuer.asked_for == []


def test_an_address_that_is_no_issuer_is_told(client: Client, issuer: OidcProvider, settings: Any) -> None:
    settings.OIDC_ISSUER = f"{issuer.url}/elsewhere"
    words = words_of(client.get("/sign-in/company"))
    assert "/elsewhere/.well-known/openid-configuration should answer a JSON object, but said: 401" in words
    issuer.issuer = "https://login.example/common"
    settings.OIDC_ISSUER = issuer.url
    words = words_of(client.get("/sign-in/company"))
    assert f"calls itself https://login.example/common, but MARL_OIDC_ISSUER is {issuer.url}." in words


def test_an_issuer_over_plain_http_is_refused(client: Client, issuer: OidcProvider, settings: Any) -> None:
    settings.OIDC_ISSUER = "http://login.example"
    assert "have to begin with https://" in words_of(client.get("/sign-in/company"))


def test_a_wrong_secret_is_told_and_not_shown(
    sign_in: SignIn, issuer: OidcProvider, workspace: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OIDC_CLIENT_SECRET = "a wrong secret phrase"
    words = words_of(sign_in())
    assert "doesn't accept Marl itself (401 · Client authentication failed)" in words
    assert "MARL_OIDC_CLIENT_ID and MARL_OIDC_CLIENT_SECRET" in words
    assert "nobody was signed in: Acme Login doesn't accept Marl itself" in caplog.text
    assert "a wrong secret phrase" not in words + caplog.text


@pytest.mark.parametrize(
    ("hours", "told"), [(-2, "it ended at 20"), (2, "it begins at 20")], ids=["ours is ahead", "ours is behind"]
)
def test_clocks_that_disagree_are_told(
    hours: int, told: str, sign_in: SignIn, issuer: OidcProvider, workspace: Any
) -> None:
    import time

    moment = int(time.time()) + hours * 3600
    issuer.forged = {"iat": moment, "exp": moment + 300}
    words = words_of(sign_in())
    assert told in words
    assert "the clock of this server says 20" in words
    assert "has to set its clock (NTP)" in words


def test_another_address_than_the_public_one_says_where_to_sign_in(
    client: Client, issuer: OidcProvider, settings: Any
) -> None:
    settings.PUBLIC_URL_IS_SET, settings.PUBLIC_URL = True, "https://marl.acme.example"
    assert "Open Marl at https://marl.acme.example to sign in" in words_of(client.get("/sign-in/company"))
