"""Comments on rows, and the mentions in them, through the API."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tables import comments, purging
from tables.models import Comment, Deletion, Mention
from tests.enrichment.api.test_api import Caller, row_ids
from workspaces.models import AuditEntry, Membership, User
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    made = call("POST", "/tables", {"name": "Leads", "columns": [{"name": "Company", "type": "text"}]})[1]
    call("POST", f"/tables/{made['id']}/rows", {"rows": [{"Company": name} for name in ("Northwind", "Contoso")]})
    return dict(made)


@pytest.fixture
def place(call: Caller, table: dict[str, Any]) -> str:
    """Where the comments on the first row are."""
    return f"/tables/{table['id']}/rows/{row_ids(call, table)[0]}/comments"


@pytest.fixture
def foreign(outsider: User) -> Caller:
    return Caller(create_api_token(outsider.memberships.get().workspace, "tests", "owner", outsider)[1])


def texts(call: Caller, place: str) -> list[str]:
    return [item["text"] for item in call("GET", place)[1]["items"]]


def test_what_is_said_stands_there_oldest_first(call: Caller, viewing: Caller, place: str) -> None:
    status, first = call("POST", place, {"text": "  <b>Who</b> knows them?\r\nAnybody? "})
    assert status == 201
    assert first["text"] == "<b>Who</b> knows them?\nAnybody?"
    assert first["who"] == "editor@example.com, API token “tests”"
    assert viewing("POST", place, {"text": "I do."})[0] == 201
    assert texts(call, place) == ["<b>Who</b> knows them?\nAnybody?", "I do."]
    answer = call("GET", f"{place}?offset=1&limit=1")[1]
    assert (answer["total"], [item["text"] for item in answer["items"]]) == (2, ["I do."])


def test_only_who_wrote_a_comment_changes_it(call: Caller, viewing: Caller, owning: Caller, place: str) -> None:
    made = call("POST", place, {"text": "Frist"})[1]
    for other in (viewing, owning):
        assert other("PATCH", f"/comments/{made['id']}", {"text": "Nonsense"})[0] == 403
    status, changed = call("PATCH", f"/comments/{made['id']}", {"text": "First"})
    assert (status, changed["text"], made["edited_at"]) == (200, "First", None)
    assert changed["edited_at"] is not None


def test_who_wrote_a_comment_deletes_it_and_owners_do(
    call: Caller, viewing: Caller, owning: Caller, place: str
) -> None:
    mine, theirs = (call("POST", place, {"text": text})[1] for text in ("Mine", "Theirs"))
    assert [mine["can_change"], mine["can_delete"]] == [True, True]
    seen = [(item["can_change"], item["can_delete"]) for item in owning("GET", place)[1]["items"]]
    assert seen == [(False, True), (False, True)]
    assert viewing("DELETE", f"/comments/{mine['id']}")[0] == 403
    assert call("DELETE", f"/comments/{mine['id']}")[0] == 204
    assert owning("DELETE", f"/comments/{theirs['id']}")[0] == 204
    assert texts(call, place) == []
    assert call("DELETE", f"/comments/{mine['id']}")[0] == 404
    entry = AuditEntry.objects.filter(action="comment.deleted").latest("pk")
    assert (entry.name, entry.detail["of"]) == ("Leads", theirs["who"])
    assert "Theirs" not in str(entry.detail)


def test_a_deleted_comment_comes_back_with_its_mentions_within_a_day(
    call: Caller, viewing: Caller, owning: Caller, place: str
) -> None:
    made = call("POST", place, {"text": "Right, @owner@example.com?"})[1]
    restored = f"/comments/{made['id']}/restore"
    assert call("DELETE", f"/comments/{made['id']}")[0] == 204
    assert owning("GET", "/mentions")[1]["total"] == 0
    assert call("PATCH", f"/comments/{made['id']}", {"text": "Changed"})[0] == 404
    assert viewing("POST", restored)[0] == 403
    assert call("POST", restored)[1] == made
    assert texts(call, place) == [made["text"]]
    assert owning("GET", "/mentions")[1]["total"] == 1
    assert AuditEntry.objects.filter(action="comment.restored").count() == 1
    call("DELETE", f"/comments/{made['id']}")
    comments.prune()
    assert Comment.with_deleted.count() == 1
    Comment.with_deleted.update(deleted_at=timezone.now() - comments.RESTORABLE)
    comments.prune()
    assert Comment.with_deleted.count() == 0
    assert call("POST", restored)[0] == 404


def test_another_workspace_finds_nothing(call: Caller, foreign: Caller, place: str, table: dict[str, Any]) -> None:
    made = call("POST", place, {"text": "For us alone"})[1]
    assert foreign("GET", place)[0] == 404
    assert foreign("POST", place, {"text": "Hello"})[0] == 404
    assert foreign("PATCH", f"/comments/{made['id']}", {"text": "Hello"})[0] == 404
    assert foreign("DELETE", f"/comments/{made['id']}")[0] == 404
    other = foreign("POST", "/tables", {"name": "Theirs"})[1]
    row = place.split("/")[4]
    assert foreign("GET", f"/tables/{other['id']}/rows/{row}/comments")[0] == 404
    assert call("GET", f"/tables/{table['id']}/rows/99999/comments")[0] == 404
    assert Client().get(f"/api/v1{place}").status_code == 401


def test_a_token_needs_the_scope_to_change_rows(call: Caller, editor: User, workspace: Any, place: str) -> None:
    reading = Caller(create_api_token(workspace, "reads", "editor", editor, scopes=["read"])[1])
    assert reading("GET", place)[0] == 200
    assert reading("POST", place, {"text": "Hello"})[0] == 403
    adding = Caller(create_api_token(workspace, "adds", "editor", editor, scopes=["read", "rows"])[1])
    assert adding("POST", place, {"text": "Hello"})[0] == 201


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5001, "a\0b"])
def test_what_cannot_be_a_comment_is_refused(call: Caller, place: str, text: str) -> None:
    status, answer = call("POST", place, {"text": text})
    assert (status, answer["error"]["details"][0]["field"]) == (422, "text")
    assert texts(call, place) == []


def test_a_row_has_so_many_comments(call: Caller, table: dict[str, Any], place: str) -> None:
    row = int(place.split("/")[4])
    Comment.objects.bulk_create(Comment(table_id=table["id"], row_id=row, who="Sam", text="x") for _ in range(500))
    assert call("POST", place, {"text": "One too many"})[0] == 409


def test_a_comment_is_made_once_for_a_key(call: Caller, place: str) -> None:
    for _ in range(2):
        answer = call.client.post(
            f"/api/v1{place}", {"text": "Once"}, content_type="application/json", headers={"Idempotency-Key": "k1"}
        )
        assert answer.status_code == 201
    assert texts(call, place) == ["Once"]


def test_a_row_says_how_many_comments_it_has(call: Caller, table: dict[str, Any], place: str) -> None:
    for text in ("One", "Two"):
        call("POST", place, {"text": text})
    items = call("GET", f"/tables/{table['id']}/rows")[1]["items"]
    assert [item.get("comments") for item in items] == [2, None]
    view = call("POST", f"/tables/{table['id']}/views", {"search": "Northwind"})[1]["view"]
    assert call("GET", f"/tables/{table['id']}/rows?view={view}")[1]["items"][0]["comments"] == 2


def test_comments_go_into_the_trash_and_come_back_with_their_row(
    call: Caller, owning: Caller, owner: User, table: dict[str, Any], place: str
) -> None:
    made = call("POST", place, {"text": f"@{owner.email} keep this"})[1]
    undo = call("DELETE", f"/tables/{table['id']}/rows", {"ids": [made["row_id"]]})[1]["undo"]
    assert call("GET", place)[0] == 404
    assert call("PATCH", f"/comments/{made['id']}", {"text": "Changed"})[0] == 404
    assert owning("GET", "/mentions")[1]["total"] == 0
    call("POST", f"/tables/{table['id']}/rows/restore", {"undo": undo})
    assert texts(call, place) == [made["text"]]
    assert owning("GET", "/mentions")[1]["total"] == 1


def test_comments_are_purged_with_their_row_and_with_their_table(
    call: Caller, table: dict[str, Any], place: str
) -> None:
    call("POST", place, {"text": "First row"})
    first, second = row_ids(call, table)
    call("POST", f"/tables/{table['id']}/rows/{second}/comments", {"text": "Second row"})
    call("DELETE", f"/tables/{table['id']}/rows", {"ids": [first]})
    Deletion.objects.update(purged_at=timezone.now())
    purging.prune()
    assert [comment.text for comment in Comment.objects.all()] == ["Second row"]
    call("DELETE", f"/tables/{table['id']}")
    Deletion.objects.update(purged_at=timezone.now())
    purging.prune()
    assert not Comment.objects.exists()


def test_a_copy_of_a_table_has_no_comments(call: Caller, table: dict[str, Any], place: str) -> None:
    call("POST", place, {"text": "Of the first table"})
    assert call("POST", f"/tables/{table['id']}/duplicate")[0] < 300
    assert Comment.objects.count() == 1


def test_a_shared_view_shows_no_comments(call: Caller, table: dict[str, Any], place: str) -> None:
    call("POST", place, {"text": "For us alone"})
    view = call("POST", f"/tables/{table['id']}/views", {"name": "All"})[1]
    url = call("POST", f"/views/{view['id']}/links", {})[1]["url"]
    page = Client().get(url.removeprefix("http://127.0.0.1:8000")).content.decode()
    assert "Northwind" in page
    assert "For us alone" not in page


def test_members_find_where_they_are_named(call: Caller, owning: Caller, viewing: Caller, place: str) -> None:
    made = call("POST", place, {"text": "@Owner@example.com and @editor@example.com, look"})[1]
    assert [one["written"] for one in made["mentions"]] == ["Owner@example.com"]
    assert call("GET", "/mentions")[1]["total"] == 0
    assert viewing("GET", "/mentions")[1]["total"] == 0
    [mention] = owning("GET", "/mentions?unread=true")[1]["items"]
    assert (mention["comment_id"], mention["table"], mention["read_at"]) == (made["id"], "Leads", None)
    assert viewing("POST", "/mentions/read", {"ids": [mention["id"]]})[1] == {"read": 0}
    assert owning("POST", "/mentions/read", {"ids": [mention["id"]]})[1] == {"read": 1}
    assert owning("GET", "/mentions?unread=true")[1]["total"] == 0
    assert owning("GET", "/mentions")[1]["total"] == 1


def test_an_edit_tells_only_whom_it_names_anew(call: Caller, owning: Caller, viewing: Caller, place: str) -> None:
    made = call("POST", place, {"text": "@owner@example.com look"})[1]
    owning("POST", "/mentions/read", {})
    call("PATCH", f"/comments/{made['id']}", {"text": "@owner@example.com @viewer@example.com look"})
    assert owning("GET", "/mentions?unread=true")[1]["total"] == 0
    assert viewing("GET", "/mentions?unread=true")[1]["total"] == 1
    call("PATCH", f"/comments/{made['id']}", {"text": "@viewer@example.com look"})
    assert owning("GET", "/mentions")[1]["total"] == 0
    assert Mention.objects.count() == 1


def test_nobody_is_named_who_has_left(call: Caller, owning: Caller, owner: User, foreign: Caller, place: str) -> None:
    made = call("POST", place, {"text": "@owner@example.com @charlie@example.com look"})[1]
    assert [one["user_id"] for one in made["mentions"]] == [owner.pk]
    assert foreign("GET", "/mentions")[1]["total"] == 0
    Membership.objects.filter(user=owner).delete()
    again = call("POST", place, {"text": "@owner@example.com look"})[1]
    assert again["mentions"] == []


def test_members_are_listed_with_what_names_them(
    call: Caller, owner: User, viewer: User, editor: User, foreign: Caller
) -> None:
    User.objects.filter(pk__in=[owner.pk, viewer.pk]).update(name="Sam")
    User.objects.filter(pk=editor.pk).update(name="Kim Lee")
    items = call("GET", "/members")[1]["items"]
    assert {item["user_id"]: item["mention"] for item in items} == {
        owner.pk: "owner@example.com",
        viewer.pk: "viewer@example.com",
        editor.pk: "Kim Lee",
    }
    assert [item["name"] for item in foreign("GET", "/members")[1]["items"]] == ["charlie@example.com"]
