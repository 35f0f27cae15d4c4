"""Summaries of columns, and those that someone has chosen to see."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables import columns, summaries
from tables.row_queries import View
from workspaces.refusals import Refused

router = Router(tags=["Rows"])


class Summaries(Body):
    """`columns` is {column id: kind}: filled, empty, unique, sum, mean, min or max. The rest narrows the rows."""

    filter: list[dict[str, Any]] = []
    search: str = ""
    errors: bool = False

    columns: dict[str, str]


class SummaryChoice(Body):
    """{column id: kind}. "rows" is how many rows are shown, and "none" that nothing is shown."""

    columns: dict[str, str]


@router.post("/tables/{table_id}/summaries", summary="Summarize columns")
def summarize(request: HttpRequest, table_id: str, body: Summaries) -> dict[str, Any]:
    """Returns the summary of each column, over all rows or those that filters and search leave.

    Sum, mean, min and max are those of the numbers in the column, or of its dates; null where there are none.
    A sum has every digit: as text where a JSON number would lose some.
    """
    table = lookup.table(actor(request), table_id)
    asked = {lookup.number(pk): kind for pk, kind in body.columns.items()}
    view = View(columns.live(table), body.filter, [], body.search.strip(), body.errors)
    found = summaries.of(table, view, asked)
    return {"columns": {str(pk): value for pk, value in found.items()}}


@router.get("/tables/{table_id}/summaries", summary="Get the chosen summaries")
def get_choice(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns what you chose to see below the columns of the table."""
    who = actor(request)
    return {"columns": summaries.chosen(lookup.table(who, table_id), who.user)}


@router.put("/tables/{table_id}/summaries", response={204: None}, summary="Choose summaries")
def choose(request: HttpRequest, table_id: str, body: SummaryChoice) -> Status[None]:
    """Stores what you choose to see below the columns of the table. Others keep their choice."""
    who = actor(request)
    table = lookup.table(who, table_id)
    if who.user is None:
        raise Refused("The person who made this token is gone, so nobody would see what it chooses.")
    summaries.choose(table, who.user, body.columns)
    return Status(204, None)
