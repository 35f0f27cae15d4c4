"""A table that is exported and imported again is the same table."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from tables import catalog, columns, rows, values
from tables.exports.export import Export
from tables.exports.options import TYPES, Options
from tables.imports import job, uploads
from tables.models import Table
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = [("Text", "text"), ("Number", "number"), ("Yes", "checkbox"), ("Day", "date"), ("=Sum", "text")]
ROWS: list[dict[str | int, Any]] = [
    {"Text": "0042", "Number": "12.5", "Yes": True, "Day": "2026-11-29", "=Sum": "=1+1"},
    {"Text": "'=1+1", "Number": "-5", "Yes": False, "Day": "2026-11-29T10:30:15", "=Sum": '"quoted", a;b\tc'},
    {"Text": "two\nlines", "Number": "12345678901234567890", "Day": "1899-12-31", "=Sum": "+49 171 (0)5"},
    {"Text": "ü🎉 _x0041_", "Number": 0, "Yes": True, "=Sum": "-cmd|x"},
    {"Text": " spaces ", "Number": "1e5", "=Sum": "TRUE"},
    {"Text": "\ufeffmark", "Number": 2.0, "=Sum": "\ufeff"},
]


def shown(table: Table) -> list[list[str]]:
    keys = [str(column.pk) for column in columns.live(table)]
    return [[values.as_text(row.values.get(key)) for key in keys] for row in rows.window(table, 0, 100)]


@pytest.mark.parametrize("format", TYPES)
def test_every_value_comes_back(format: str, workspace: Any, editor: Any) -> None:
    actor = Actor(editor, workspace, Role.EDITOR)
    table = catalog.create(actor, "Leads", COLUMNS)
    rows.append(table, ROWS)
    table.refresh_from_db()
    content = b"".join(Export(table, Options(format=format)).pieces())
    goes = [{"from": name, "to": name, "type": type} for name, type in COLUMNS]
    import_ = uploads.receive(actor, ContentFile(content, name=f"Leads.{format}"), into={"columns": goes})
    uploads.start(import_)
    job.run(import_.pk)
    import_.refresh_from_db()
    assert (import_.error, import_.warnings) == ("", [])
    assert import_.table
    back = shown(import_.table)
    if format == "xlsx":  # it has no exponents
        back[4][1] = back[4][1].replace("100000", "1e5")
    assert back == shown(table)
    assert [(column.name, column.type) for column in columns.live(import_.table)] == COLUMNS
