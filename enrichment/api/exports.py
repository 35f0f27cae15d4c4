"""A table as a file to download."""

from collections.abc import AsyncIterator, Generator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Field, Query, Router, Schema

from enrichment import lookup
from enrichment.api.auth import actor
from tables import saved_views
from tables.exports import progress
from tables.exports.export import Export
from tables.exports.options import Options
from workspaces import audit
from workspaces.actors import Actor

router = Router(tags=["Tables"])


class File(Schema):
    """`columns` are names or ids with commas between them; a column with a comma in its name is given by its id.

    `states` adds the state and error of computed cells, `flatten` makes a column of each field of a result, and `view`
    exports only the rows of a view, opened or saved, in its order. `separator` and `mark` are for CSV.
    """

    format: str = "csv"
    columns: str = ""
    states: bool = False
    flatten: bool = False
    separator: str = "comma"
    mark: bool = False
    view: str = ""

    def of(self, who: Actor, table_id: str) -> Export:
        """Returns the export of a table. Raises Refused for what is not a choice."""
        table = lookup.table(who, table_id)
        row_ids = saved_views.row_ids(table, self.view) if self.view else None
        chosen = self.model_dump(exclude={"columns", "view", "follow"})
        columns = [name.strip() for name in self.columns.split(",")] if self.columns else None
        return Export(table, Options(**chosen, columns=columns), row_ids)


class Download(File):
    follow: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,64}$")  # a name for it, to ask for its progress


@router.get("/tables/{table_id}/export", summary="Export a table")
def export_table(request: HttpRequest, table_id: str, query: Query[Download]) -> StreamingHttpResponse:
    """Streams the table as `csv`, `xlsx`, `json` or `jsonl`.

    A download that breaks off is not ended as HTTP ends one, so that nobody takes it for the whole file.
    """
    export = query.of(actor(request), table_id)
    table = export.table
    audit.note(table.workspace_id, "table.exported", table.name, table.pk, format=query.format, rows=export.rows_total)
    pieces = progress.followed(export, table.pk, query.follow) if query.follow else export.pieces()
    answer = StreamingHttpResponse(
        _off_the_loop(pieces) if isinstance(request, ASGIRequest) else pieces, content_type=export.content_type
    )
    answer["Content-Disposition"] = content_disposition_header(True, f"{table.name}.{query.format}") or "attachment"
    return answer


@router.get("/tables/{table_id}/export/check", summary="Look at an export before it starts")
def check_export(request: HttpRequest, table_id: str, query: Query[File]) -> dict[str, Any]:
    """Returns the names of the file's columns and the number of its rows, or why there can be no such file."""
    export = query.of(actor(request), table_id)
    return {"columns": export.names, "rows": export.rows_total}


@router.get("/tables/{table_id}/exports/{name}", summary="Follow an export")
def follow_export(request: HttpRequest, table_id: str, name: str) -> dict[str, Any]:
    """Returns how far the export has come that was started with `follow` and this name.

    `state` is `running`, `done`, `failed` or `stopped`; `not_whole` counts values that did not fit into an Excel file.
    """
    found = progress.of(lookup.table(actor(request), table_id).pk, name)
    if found is None:
        raise Http404
    return found


async def _off_the_loop(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """Makes each piece in the thread of the request.

    When the receiver has gone, no further one is made: closing waits in that thread for the piece under way.
    """
    try:
        while (piece := await sync_to_async(_next)(pieces)) is not None:
            yield piece
    finally:
        await sync_to_async(pieces.close)()


def _next(pieces: Generator[bytes]) -> bytes | None:
    """None at the end: StopIteration cannot leave a thread."""
    return next(pieces, None)
