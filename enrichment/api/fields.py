"""Fields of what columns hold: shown by example, and made columns of their own."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.columns import lifecycle
from enrichment.columns.lifecycle import NewField
from enrichment.preview import examples
from tables import row_order
from tables.models import Row
from workspaces.models import Role

router = Router(tags=["Columns"])


class FieldOfColumn(Body):
    path: str = Field(min_length=1, max_length=2000)
    name: str = Field(min_length=1, max_length=200)


class NewFields(Body):
    fields: list[FieldOfColumn]


@router.get("/tables/{table_id}/examples", summary="Get example values")
def list_examples(request: HttpRequest, table_id: str, row_id: str | None = None, position: int = 0) -> dict[str, Any]:
    """Returns what each column holds in a row, named by `row_id` or by its `position`, and the fields inside.

    A computed column without a result in that row is shown by its first result; its `position` is that of the row
    that the example is from, or null without one. The `path` of a field is what you write after the column's name in a
    reference. `in` is the path that it is listed under, `kind` is `value`, `object`, `list` or, for `[*]`, `each`.
    """
    table = lookup.table(actor(request), table_id)
    if row_id is None:
        row = row_order.window(table.pk, *described.window(max(0, position), 1)).first()
    else:
        row = Row.objects.filter(table=table, pk=lookup.number(row_id)).first()
        if row is None:
            raise Http404
    return examples.of_table(table, row)


@router.post("/columns/{column_id}/fields", response={201: dict}, summary="Create field columns")
def create_fields(request: HttpRequest, column_id: str, body: NewFields) -> Status[dict[str, Any]]:
    """Creates a column for each field of this column's results, next to it: all of them or none.

    A name that is taken gets a number. To undo it, delete the columns together.
    """
    source = lookup.column(actor(request), column_id, Role.EDITOR)
    fields = [NewField(field.path, field.name) for field in body.fields]
    return Status(201, {"items": [described.column(column) for column in lifecycle.create_fields(source, fields)]})
