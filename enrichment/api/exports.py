"""A table as a file to download."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Router

from enrichment import lookup
from enrichment.api.auth import actor
from tables import exports, view_snapshots
from workspaces import audit

router = Router(tags=["Tables"])


@router.get("/tables/{table_id}/export", summary="Export a table")
def export_table(
    request: HttpRequest, table_id: str, format: str = "csv", states: bool = False, view: str = ""
) -> StreamingHttpResponse:
    """Streams the table as `csv`, `xlsx`, `json` or `jsonl`.

    `states=1` adds the state and error of computed cells, and `view` exports only the rows of a view.
    """
    table = lookup.table(actor(request), table_id)
    row_ids = view_snapshots.live_row_ids(table.pk, view) if view else None
    pieces = exports.stream(table, format, states=states, row_ids=row_ids)
    number = table.row_count if row_ids is None else len(row_ids)
    audit.note(table.workspace_id, "table.exported", table.name, table.pk, format=format, rows=number)
    answer = StreamingHttpResponse(
        _off_the_loop(pieces) if isinstance(request, ASGIRequest) else pieces, content_type=exports.TYPES[format]
    )
    answer["Content-Disposition"] = content_disposition_header(True, f"{table.name}.{format}") or "attachment"
    return answer


async def _off_the_loop(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(_next)(pieces):
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes:
    """Nothing at the end: StopIteration cannot leave a thread."""
    return next(pieces, b"")
