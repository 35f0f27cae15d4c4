"""The way to the provider and back: what is asked for, who may come back, once and in time, and what is told."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.conf import settings
from django.test import Client

from enrichment.connections import authorization, sign_in
from enrichment.models import Authorization, Connection
from tests.enrichment.connections.conftest import CALLBACK, consent
from tests.servers.oauth_provider import Provider
from workspaces.models import AuditEntry, Membership, Workspace
from workspaces.sealing import open_sealed

pytestmark = pytest.mark.django_db(transaction=True)

type SetOut = Callable[..., str]


@pytest.fixture
def client(client_for: Callable[[Any], Client], editor: Any) -> Client:
    return client_for(editor)


def query_of(address: str) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(address).query, strict_parsing=True).items()}


def words_of(answer: Any) -> str:
    """The words of the page that says why nothing was connected."""
    assert answer.status_code == 422
    assert not Authorization.objects.exists()
    page = answer.content.decode()
    assert "<h1>Not connected</h1>" in page
    assert 'class="btn primary"' in page  # a way back
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))


def test_the_provider_is_asked_with_state_and_pkce(client: Client, set_out: SetOut, provider: Provider) -> None:
    asked = query_of(
        set_out(client, **{"authorize_parameters.name": ["access_type"], "authorize_parameters.value": ["offline"]})
    )
    assert asked["response_type"] == "code"
    assert (asked["client_id"], asked["redirect_uri"]) == (provider.registration.client_id, CALLBACK)
    assert (asked["scope"], asked["access_type"]) == ("companies.read offline", "offline")
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert len(asked["state"]) >= 40
    again = query_of(set_out(client, f"/connections/{Connection.objects.get().pk}/edit", **{"secret.value": ["", ""]}))
    assert again["state"] != asked["state"]
    assert again["code_challenge"] != asked["code_challenge"]


@pytest.mark.parametrize("client_auth", ["basic", "body", "none"])
def test_who_consents_is_connected_and_told_so(
    client_auth: str, client: Client, set_out: SetOut, provider: Provider
) -> None:
    provider.registration.client_auth = client_auth
    secret = {"secret.value": [provider.registration.client_id, ""]} if client_auth == "none" else {}
    answer = client.get(consent(set_out(client, client_auth=client_auth, **secret)), follow=True)
    connection = Connection.objects.get()
    assert answer.redirect_chain == [(f"/connections/{connection.pk}/edit", 302)]
    page = answer.content.decode()
    assert "“Acme” is connected." in page
    assert "by editor@example.com" in page
    told = authorization.as_json(connection)
    assert told
    assert (told["by"], told["scope"]) == ("editor@example.com", "companies.read offline")
    assert sign_in.test(connection)["ok"]
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "connection.created",
        "connection.connected",
    ]


def test_tokens_are_kept_sealed(client: Client, set_out: SetOut, provider: Provider) -> None:
    client.get(consent(set_out(client)))
    stored = Authorization.objects.get()
    [family] = provider.families
    assert open_sealed(stored.sealed)["refresh_token"] == family.refresh
    assert family.refresh not in str(Authorization.objects.values_list()[0])


def test_whoever_says_no_is_told_what_the_provider_says(client: Client, set_out: SetOut) -> None:
    words = words_of(client.get(consent(set_out(client), allow="no")))
    assert (
        "127.0.0.1 didn&#x27;t let Marl in: The user said no &lt;b&gt;thanks&lt;/b&gt;. Nothing was connected." in words
    )


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("error=server_error", "server_error"),
        ("error=invalid_scope&error_description=No+such+scope%0A%00x", "invalid_scope · No such scope x"),
        ("code=", "without a code"),
        ("", "without a code"),
    ],
)
def test_other_answers_of_the_provider_are_told(query: str, words: str, client: Client, set_out: SetOut) -> None:
    state = query_of(set_out(client))["state"]
    assert words in words_of(client.get(f"/connections/callback?{query}&state={state}"))


@pytest.mark.parametrize("state", ["", "made-up-by-somebody", "&state="])
def test_a_state_that_nobody_set_out_with_is_refused_without_words_of_its_own(state: str, client: Client) -> None:
    answer = client.get(f"/connections/callback?error=x&error_description=Call+0900+1234&code=stolen&state={state}")
    assert "0900" not in words_of(answer)
    assert "once, for ten minutes" in words_of(answer)


def test_the_way_back_is_good_once(client: Client, set_out: SetOut, provider: Provider) -> None:
    back = consent(set_out(client))
    assert client.get(back).status_code == 302
    stored = Authorization.objects.get()
    assert client.get(back).status_code == 422
    assert provider.grants("authorization_code") == 1
    assert Authorization.objects.get().sealed == stored.sealed


def test_the_way_back_ends_after_ten_minutes(client: Client, set_out: SetOut) -> None:
    back = consent(set_out(client))
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        [key] = server.keys("marl:consent:*")
        assert 590 < server.ttl(key) <= 600
        server.delete(key)  # as Redis does then
    assert "ten minutes" in words_of(client.get(back))


def test_states_of_two_people_cannot_be_swapped(
    client: Client, set_out: SetOut, owner: Any, client_for: Callable[[Any], Client], provider: Provider
) -> None:
    """Otherwise an attacker's account would be connected by whoever opens a link."""
    other = client_for(owner)
    mine, theirs = consent(set_out(client)), consent(set_out(other, name="Other"))
    for visitor, back in ((client, theirs), (other, mine)):
        assert "another session" in words_of(visitor.get(back))
    assert provider.grants("authorization_code") == 0


def test_a_code_of_another_journey_does_not_fit(client: Client, set_out: SetOut, provider: Provider) -> None:
    one = consent(set_out(client))
    other = consent(set_out(client, name="Other"))
    code, state = query_of(one)["code"], query_of(other)["state"]
    words = words_of(client.get(f"/connections/callback?code={code}&state={state}"))
    assert "The code verifier does not match" in words


def test_another_session_of_the_same_person_is_another_one(
    client: Client, set_out: SetOut, editor: Any, client_for: Callable[[Any], Client]
) -> None:
    back = consent(set_out(client))
    assert "another session" in words_of(client_for(editor).get(back))


def test_whoever_is_signed_out_is_not_sent_on_with_the_code(client: Client, set_out: SetOut) -> None:
    back = consent(set_out(client))
    answer = Client().get(back)
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in?next=/connections"
    assert not Authorization.objects.exists()


def test_another_workspace_gets_nothing(client: Client, set_out: SetOut, editor: Any, provider: Provider) -> None:
    back = consent(set_out(client))
    elsewhere = Workspace.objects.create(name="Elsewhere")
    Membership.objects.create(user=editor, workspace=elsewhere, role="owner")
    session = client.session
    session["workspace"] = elsewhere.pk
    session.save()
    assert "another workspace" in words_of(client.get(back))
    assert provider.grants("authorization_code") == 0


def test_whoever_may_no_longer_edit_connects_nothing(client: Client, set_out: SetOut, editor: Any) -> None:
    back = consent(set_out(client))
    Membership.objects.filter(user=editor).update(role="viewer")
    assert client.get(back).status_code == 403
    assert not Authorization.objects.exists()


def test_settings_that_changed_meanwhile_connect_nothing(
    client: Client, set_out: SetOut, entered: dict[str, Any], provider: Provider
) -> None:
    back = consent(set_out(client))
    pk = Connection.objects.get().pk
    changed = entered | {"scope": "other", "secret.value": ["", ""]}
    assert client.post(f"/connections/{pk}/edit", changed).status_code == 302
    assert "settings were changed" in words_of(client.get(back))
    assert provider.grants("authorization_code") == 0


def test_nothing_leads_away_from_marl(client: Client, set_out: SetOut) -> None:
    back = consent(set_out(client)) + "&next=https://evil.example&redirect_uri=https://evil.example"
    assert client.get(back)["Location"] == f"/connections/{Connection.objects.get().pk}/edit"


def test_setting_out_needs_the_form_of_marl(editor: Any, entered: dict[str, Any]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    assert strict.post("/connections/new", entered | {"then": "connect"}).status_code == 403
    assert strict.get("/connections/new", entered | {"then": "connect"}).status_code == 200
    assert not Connection.objects.exists()


def test_a_client_that_the_provider_does_not_know_is_told_in_its_words(
    client: Client, set_out: SetOut, provider: Provider
) -> None:
    secret = {"secret.value": [provider.registration.client_id, "wrong"]}
    words = words_of(client.get(consent(set_out(client, **secret))))
    assert "401 · Client authentication failed Check the settings" in words.replace("failed.", "failed")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "login.example", "ftp://login.example/a", ""])
def test_only_a_web_page_can_ask_the_person(address: str, client: Client, entered: dict[str, Any]) -> None:
    answer = client.post("/connections/new", entered | {"authorize_url": address})
    assert answer.status_code == 422
    assert 'data-field="authorize_url"' in answer.content.decode()


def test_a_parameter_of_marl_cannot_be_given(client: Client, entered: dict[str, Any]) -> None:
    given = {"authorize_parameters.name": ["state"], "authorize_parameters.value": ["1"]}
    answer = client.post("/connections/new", entered | given)
    assert answer.status_code == 422
    assert "Marl sends state by itself." in answer.content.decode()


def test_from_the_panel_the_provider_opens_in_another_tab(client: Client, entered: dict[str, Any]) -> None:
    answer = client.post("/connections/new", entered | {"then": "connect"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "HX-Redirect" not in answer
    link = re.search(r'href="(http://127[^"]+)" target="_blank" rel="noopener"', page)
    assert link
    pk = Connection.objects.get().pk
    state = f"/connections/{pk}/authorization?number=0"
    assert client.get(state).status_code == 204
    back = client.get(consent(link[1].replace("&amp;", "&")), follow=True)
    assert "You can close this tab" in back.content.decode()
    assert "<b>Connected</b>" in client.get(state).content.decode()


def test_marl_is_to_be_opened_where_the_provider_sends_people(
    client: Client, entered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL_IS_SET", True)
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://marl.example")
    page = client.get("/connections/new?kind=oauth2_authorization_code").content.decode()
    assert 'value="https://marl.example/connections/callback"' in page
    answer = client.post("/connections/new", entered | {"then": "connect"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Open Marl at https://marl.example to connect" in answer.content.decode()


def test_what_waits_in_redis_says_nothing(client: Client, set_out: SetOut) -> None:
    address = set_out(client)
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        [key] = server.keys("marl:consent:*")
        held = f"{key!r} {server.get(key)!r}"
    assert query_of(address)["state"] not in held
    assert "verifier" not in held


def test_disconnecting_forgets_the_tokens(client: Client, set_out: SetOut, provider: Provider) -> None:
    client.get(consent(set_out(client)))
    connection = Connection.objects.get()
    client.post(f"/connections/{connection.pk}/disconnect")
    assert not Authorization.objects.exists()
    told = sign_in.test(Connection.objects.get())
    assert told["error"]["message"] == "The connection isn't connected yet. Open it and press Connect."
    assert AuditEntry.objects.filter(action="connection.disconnected").count() == 1


@pytest.mark.parametrize(
    "changed", [{"token_url": "https://evil.example/token"}, {"secret.value": ["other-client", ""]}]
)
def test_tokens_go_to_no_other_provider_and_stand_for_no_other_client(
    changed: dict[str, Any], client: Client, set_out: SetOut, entered: dict[str, Any]
) -> None:
    client.get(consent(set_out(client)))
    pk = Connection.objects.get().pk
    kept = entered | {"secret.value": ["", ""]}
    client.post(f"/connections/{pk}/edit", kept | {"name": "Renamed", "scope": "more"})
    assert Authorization.objects.exists()
    client.post(f"/connections/{pk}/edit", kept | changed)
    assert not Authorization.objects.exists()
