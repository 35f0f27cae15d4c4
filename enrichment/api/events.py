"""The live events of a table."""

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from enrichment import lookup
from enrichment.api import errors, parameters
from enrichment.api.auth import authenticate
from enrichment.engine.errors import InvalidSettings
from tables import events
from workspaces.refusals import Refused


@csrf_exempt
@require_GET
async def table_events(request: HttpRequest, table_id: int) -> HttpResponseBase:
    try:
        who = await sync_to_async(authenticate)(request)
    except Refused as refusal:
        return errors.refused(refusal)
    if who is None:
        return errors.answer(401, "Sign in, or send a valid token.")
    if not await lookup.tables(who).filter(pk=table_id).aexists():
        return errors.not_found()
    try:
        parameters.refuse_unknown(request.GET, ["last_event_id"])
    except InvalidSettings as error:
        return errors.invalid(error)
    last = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id", "")
    response: StreamingHttpResponse = await events.response(table_id, last)
    return response
