"""Whom a table tells of the runs of its columns and sources."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.notices import delivery
from enrichment.notices import settings as notice_settings
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Runs"])


class NoticesChange(Body):
    webhook_url: str | None = None
    emails: list[str] | None = None
    when: str | None = None
    failed_percent: int | None = None


@router.get("/tables/{table_id}/notices", summary="Get whom a table tells of its runs")
def get_notices(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the settings, with the host of the webhook alone, and what became of the last 20 notices.

    A notice is of a `column` or a `source`. Its `state` is `sent`, `waiting`, `given_up`, or `maybe_sent`: then it may
    have arrived, and isn't sent again.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    return notice_settings.shown(notice_settings.of_table(table.pk))


@router.patch("/tables/{table_id}/notices", summary="Change whom a table tells of its runs")
def change_notices(request: HttpRequest, table_id: str, body: NoticesChange) -> dict[str, Any]:
    """Sets what is given. `when` is `always`, or `failures`.

    Those are runs that fail or stop, that a schedule can't start, and those of which more than `failed_percent` of the
    rows failed or were rejected. Runs that start by themselves when a row changes are not told, nor those that someone
    stops.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    return notice_settings.shown(notice_settings.change(table, **body.dict()))


@router.post("/tables/{table_id}/notices/test", summary="Send a sample notice")
def try_notices(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Sends a sample to every channel that is set, now. 409 says which one failed, and why."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    found = notice_settings.of_table(table.pk)
    channels = notice_settings.channels(found)
    if not channels:
        raise Refused("No webhook and no e-mail address is set.", code="conflict")
    for channel in channels:
        try:
            delivery.send(found, channel, f"This is how Marl tells you that a run of {table.name} has ended.")
        except delivery.Undelivered as error:
            raise Refused(str(error), code="conflict") from error
    return {"sent": channels}
