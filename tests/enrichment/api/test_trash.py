"""The trash of a workspace: listed, restored and emptied, by whom that is allowed."""

from typing import Any

import pytest
from django.utils import timezone

from enrichment.models import Attempt
from tables import moves, purging
from tables.models import Cell, Column, DeletedCell, DeletedRow, Deletion, Row, Table
from tests.enrichment.api.test_api import Caller, http_column, row_ids
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}]
    made = call("POST", "/tables", {"name": "Leads", "columns": columns})[1]
    call("POST", f"/tables/{made['id']}/rows", {"rows": [{"Company": "Northwind", "Size": 30}, {"Company": "0042"}]})
    return dict(made)


def trash(call: Caller) -> list[dict[str, Any]]:
    status, found = call("GET", "/trash")
    assert status == 200
    assert found["total"] == len(found["items"])
    return list(found["items"])


@pytest.fixture
def deleted(call: Caller, table: dict[str, Any]) -> list[dict[str, Any]]:
    """A row, a column and then the table, all in the trash, the newest first."""
    call("DELETE", f"/tables/{table['id']}/rows", {"ids": row_ids(call, table)[:1]})
    call("DELETE", f"/columns/{table['columns'][1]['id']}")
    call("DELETE", f"/tables/{table['id']}")
    return trash(call)


def test_the_newest_comes_first_with_who_deleted_it(
    deleted: list[dict[str, Any]],
    table: dict[str, Any],
) -> None:
    assert [(item["kind"], item["name"], item["rows"], item["table"]) for item in deleted] == [
        ("table", "Leads", 1, "Leads"),
        ("column", "Size", None, "Leads"),
        ("rows", "Northwind", 1, "Leads"),
    ]
    assert {item["deleted_by"] for item in deleted} == {"editor@example.com, API token “tests”"}
    assert [(item["can_restore"], item["why_not"]) for item in deleted] == [
        (True, ""),
        (False, "Restore the table “Leads” first."),
        (False, "Restore the table “Leads” first."),
    ]


def test_all_of_it_is_restored_in_its_place(
    call: Caller,
    deleted: list[dict[str, Any]],
    table: dict[str, Any],
) -> None:
    of_table, of_column, of_rows = (f"/trash/{item['id']}/restore" for item in deleted)
    assert call("POST", of_rows)[0] == 409
    assert call("POST", of_table)[0] == 200
    assert call("POST", of_column)[1]["column_id"] == table["columns"][1]["id"]
    assert call("POST", of_rows)[1]["rows"] == 1
    assert trash(call) == []
    assert call("POST", of_rows)[0] == 404
    rows = call("GET", f"/tables/{table['id']}/rows")[1]["items"]
    company, size = (str(column["id"]) for column in table["columns"])
    assert [row["cells"][company]["value"] for row in rows] == ["Northwind", "0042"]
    assert rows[0]["cells"][size]["value"] == 30


def test_a_column_whose_name_is_taken_comes_back_under_another(call: Caller, table: dict[str, Any]) -> None:
    call("DELETE", f"/columns/{table['columns'][1]['id']}")
    call("POST", f"/tables/{table['id']}/columns", {"name": "Size", "type": "text"})
    [item] = trash(call)
    assert call("POST", f"/trash/{item['id']}/restore")[1]["name"] == "Size 2"


def test_what_was_restored_elsewhere_is_no_longer_in_the_trash(call: Caller, table: dict[str, Any]) -> None:
    column = table["columns"][1]["id"]
    call("DELETE", f"/columns/{column}")
    assert call("POST", f"/columns/{column}/restore")[0] == 200
    assert call("POST", f"/columns/{column}/restore")[0] == 409
    call("DELETE", f"/tables/{table['id']}")
    assert call("POST", f"/tables/{table['id']}/restore")[0] == 200
    assert trash(call) == []


def test_viewers_look_and_strangers_find_nothing(
    deleted: list[dict[str, Any]], workspace: Workspace, viewer: User, outsider: User
) -> None:
    viewing = Caller(create_api_token(workspace, "tests", Role.VIEWER, viewer)[1])
    stranger = Caller(create_api_token(outsider.workspaces.get(), "tests", Role.OWNER, outsider)[1])
    assert trash(viewing) == deleted
    assert trash(stranger) == []
    for method, path in (("POST", f"/trash/{deleted[0]['id']}/restore"), ("DELETE", f"/trash/{deleted[0]['id']}")):
        assert viewing(method, path)[0] == 403
        assert stranger(method, path)[0] == 404


def filled(call: Caller, table: dict[str, Any]) -> Column:
    """An HTTP column with a result and an exchange in each row."""
    column = Column.objects.get(pk=http_column(call, table)["id"])
    for row_id in row_ids(call, table):
        Cell.objects.create(row_id=row_id, column=column, state="done", value={"a": 1})
        Attempt.objects.create(row_id=row_id, column=column, number=1, started_at=timezone.now())
    return column


def test_rows_deleted_for_good_take_their_results_and_exchanges_along(call: Caller, table: dict[str, Any]) -> None:
    filled(call, table)
    gone, stays = row_ids(call, table)
    call("DELETE", f"/tables/{table['id']}/rows", {"ids": [gone]})
    [item] = trash(call)
    assert call("DELETE", f"/trash/{item['id']}")[0] == 204
    assert trash(call) == []
    assert call("POST", f"/trash/{item['id']}/restore")[0] == 404
    assert DeletedRow.objects.exists()
    purging.run(item["id"])
    assert not Deletion.objects.exists()
    assert (DeletedRow.objects.count(), DeletedCell.objects.count()) == (0, 0)
    assert list(Attempt.objects.values_list("row_id", flat=True)) == [stays]
    assert list(Cell.objects.values_list("row_id", flat=True)) == [stays]


def test_many_rows_are_deleted_for_good_batch_by_batch(
    call: Caller, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "ROWS", 1)
    filled(call, table)
    call("DELETE", f"/tables/{table['id']}/rows", {"all_but": []})
    call("DELETE", f"/trash/{trash(call)[0]['id']}")
    purging.prune()
    assert [model._default_manager.count() for model in (DeletedRow, DeletedCell, Attempt)] == [0, 0, 0]


def test_a_column_deleted_for_good_takes_values_settings_and_results_along(
    call: Caller,
    table: dict[str, Any],
) -> None:
    column, size = filled(call, table), table["columns"][1]["id"]
    call("DELETE", f"/tables/{table['id']}/rows", {"ids": row_ids(call, table)[:1]})
    call("DELETE", f"/columns/{column.pk}")
    call("DELETE", f"/columns/{size}")
    for item in trash(call)[:2]:
        call("DELETE", f"/trash/{item['id']}")
        purging.run(item["id"])
    assert (Cell.objects.count(), DeletedCell.objects.count(), Attempt.objects.count()) == (0, 0, 0)
    company = str(table["columns"][0]["id"])
    assert [row.values for row in DeletedRow.objects.all()] == [{company: "Northwind"}]
    assert [row.values for row in Row.objects.all()] == [{company: "0042"}]
    assert not hasattr(Column.with_deleted.get(pk=column.pk), "http")
    assert call("POST", f"/columns/{column.pk}/restore")[0] == 409


def test_a_table_deleted_for_good_takes_all_that_was_deleted_from_it_along(
    call: Caller, deleted: list[dict[str, Any]]
) -> None:
    call("DELETE", f"/trash/{deleted[0]['id']}")
    assert trash(call) == []
    purging.prune()
    assert [model._default_manager.count() for model in (Table, Row, DeletedRow, Deletion)] == [0, 0, 0, 0]


def test_what_is_kept_stays_until_its_time(call: Caller, deleted: list[dict[str, Any]]) -> None:
    purging.prune()
    assert trash(call) == deleted
    Deletion.objects.filter(pk=deleted[2]["id"]).update(purged_at=timezone.now())
    purging.prune()
    assert trash(call) == deleted[:2]
    assert Table.objects.exists()
    assert not DeletedRow.objects.exists()


def test_many_rows_are_deleted_and_restored_by_a_worker(
    call: Caller, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "BATCH", 1)
    path = f"/tables/{table['id']}/rows"
    status, answer = call("DELETE", path, {"all_but": []})
    assert (status, answer) == (200, {"deleted": 2, "undo": answer["undo"], "state": "deleting"})
    begun = call("GET", f"/trash/{answer['undo']}")[1]
    assert (begun["state"], begun["rows"], begun["rows_total"]) == ("deleting", 0, 2)
    moves.run(int(answer["undo"]))
    done = call("GET", f"/trash/{answer['undo']}")[1]
    assert (done["state"], done["rows"], done["can_restore"]) == ("done", 2, True)
    status, restored = call("POST", f"{path}/restore", {"undo": answer["undo"]})
    assert (status, restored) == (200, {"restored": 2, "state": "restoring"})
    assert call("GET", f"/trash/{answer['undo']}")[1]["why_not"] == "These rows are being restored."
    moves.run(int(answer["undo"]))
    assert call("GET", f"/trash/{answer['undo']}")[0] == 404
    assert len(row_ids(call, table)) == 2
