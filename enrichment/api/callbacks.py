"""The addresses at which APIs post the results of rows: each is a secret, so nobody else finds one."""

import logging

from django.http import HttpRequest
from ninja import Router
from redis import RedisError

from enrichment.engine.shapes.callback import WAITS
from enrichment.http_client import content_coding
from enrichment.http_client.client import MAX_READ
from enrichment.http_client.content_coding import DecodingError
from enrichment.models import CallbackAddress
from enrichment.runs import calls
from tables.redis import client
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

router = Router(tags=["Callbacks"])

MOST_WRONG = 60  # addresses that nobody has given out, of one caller in a minute; who knows one always gets through
# What a caller may sign in to Marl with, and what says how the body came, not what it is.
_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization", "content-encoding", "content-length"})
_BODY: dict[str, object] = {"content": {"*/*": {"schema": {}}}}


@router.post("/callbacks/{secret}", auth=None, openapi_extra={"requestBody": _BODY}, summary="Post a result")
def receive_call(request: HttpRequest, secret: str) -> dict[str, str]:
    """Takes the result of a row from the API that was given this address. A second call changes nothing."""
    address = _found(request, secret)
    headers = [(name, text) for name, text in request.headers.items() if name.lower() not in _NOT_KEPT]
    return {"message": calls.receive(address, headers, _body(request))}


@router.get("/callbacks/{secret}", auth=None, summary="Look at an address to post a result to")
def look_at_callback(request: HttpRequest, secret: str) -> dict[str, str]:
    """Says whether anything was posted there."""
    address = _found(request, secret)
    waits = address.state == CallbackAddress.State.OPEN
    return {"message": f"{WAITS}: it has to POST the result here." if waits else calls.AGAIN}


def _found(request: HttpRequest, secret: str) -> CallbackAddress:
    address = calls.find(secret)
    if address is None:
        if _asks_too_often(request):
            words = f"More than {MOST_WRONG} wrong addresses in a minute. Wait a minute."
            raise Refused(words, code="too_many_requests", status=429)
        raise Refused("Nothing waits for a call at this address.", code="not_found")
    return address


def _asks_too_often(request: HttpRequest) -> bool:
    key = f"marl:wrong-callbacks:{request.META.get('REMOTE_ADDR', '')}"
    try:
        asked = client().incr(key)
        if asked == 1:
            client().expire(key, 60)
    except RedisError as error:
        log.warning("wrong addresses are not counted: %s", error)
        return False
    return int(asked) > MOST_WRONG


def _body(request: HttpRequest) -> bytes:
    too_large = Refused(f"Send at most {MAX_READ // 1024 // 1024} MiB.", code="too_large")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_READ:
        raise too_large
    body = request.body
    try:
        body = content_coding.decode(body, [request.headers.get("Content-Encoding", "")], MAX_READ)
    except DecodingError as error:
        raise Refused(f"The body {error}.", code="malformed", status=400) from error
    if len(body) > MAX_READ:
        raise too_large
    return body
