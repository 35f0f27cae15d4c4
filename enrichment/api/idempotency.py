"""A POST that is sent again with the same Idempotency-Key does its work once, and is answered the same for 24 hours.

The work and the note of its answer are one transaction: after a crash there are both or neither, and whoever sends the
same key meanwhile waits for the end of the first. draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from enrichment.api import scopes
from enrichment.models import KeyedAnswer
from workspaces.actors import Actor
from workspaces.models import Scope
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed, seal

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"  # a header of an answer that was given before
LASTS = timedelta(hours=24)
LONGEST = 255
_PATIENCE = "10s"  # for the first request with a key
_SENDS = ("/test", "/preview")  # ends of addresses at which a request goes out, during which no transaction stays open


def answering_once(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wraps the whole of an operation: what is done and what is answered are stored together."""

    @wraps(run)
    def wrapper(request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        if not _applies(request):
            return run(request, *args, **given)
        with transaction.atomic():
            response = run(request, *args, **given)
            _keep(request, response)
            return response

    return wrapper


def looking_first[**Given](view: Callable[Given, Any]) -> Callable[Given, Any]:
    """Wraps what an operation does, once it is known who asks; answers from what is stored."""

    @wraps(view)
    def wrapper(*args: Given.args, **given: Given.kwargs) -> Any:
        request = args[0]
        assert isinstance(request, HttpRequest)
        answered = _claim(request) if _applies(request) else None
        return answered or view(*args, **given)

    return wrapper


def _applies(request: HttpRequest) -> bool:
    found = request.resolver_match
    return HEADER in request.headers and found is not None and takes_key(request.method or "", found.route)


def takes_key(method: str, address: str) -> bool:
    """Says whether an operation changes something that can be done once: others do as if there were no key."""
    changes = method.upper() == "POST" and scopes.needed(method, address) != Scope.READ
    return changes and not address.endswith(_SENDS)


def _claim(request: HttpRequest) -> HttpResponse | None:
    """Returns the answer that is stored; without one, the key is this request's from now on. Raises Refused."""
    KeyedAnswer.objects.filter(at__lt=timezone.now() - LASTS).delete()
    key, fingerprint = _key(request), _fingerprint(request)
    try:
        with transaction.atomic():
            _limit_wait(_PATIENCE)
            claim = KeyedAnswer.objects.create(key=key, fingerprint=fingerprint)
            _limit_wait("0")
    except IntegrityError:
        return _stored(KeyedAnswer.objects.get(key=key), fingerprint)
    except OperationalError:
        words = f"The first request with this {HEADER} is still under way. Send it again in a moment."
        raise Refused(words, code="conflict") from None
    request.keyed_answer = claim  # type: ignore[attr-defined]
    return None


def _limit_wait(time: str) -> None:
    """SQLite waits for whoever writes at the start of a transaction, and as long as its settings say."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [time])


def _stored(answer: KeyedAnswer, fingerprint: str) -> HttpResponse:
    if answer.fingerprint != fingerprint:
        words = f"This {HEADER} came with another request before. Use a new one for each request."
        raise Refused(words, code="idempotency_key_reused", status=422)
    try:
        body = open_sealed(answer.body)["body"]
    except CannotOpen:
        words = "This was done before, and no encryption key opens its answer any more."
        raise Refused(words, code="conflict") from None
    return HttpResponse(body, "application/json; charset=utf-8", answer.status, headers={REPLAYED: "true"})


def _keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Stores what was done. What was refused may be sent again: nothing has been changed."""
    claim = getattr(request, "keyed_answer", None)
    if response.status_code >= 500:
        transaction.set_rollback(True)
    elif claim and isinstance(response, HttpResponse) and response.status_code < 300:
        claim.status, claim.body = response.status_code, seal({"body": response.content.decode()})
        claim.save(update_fields=["status", "body"])
    elif claim:
        claim.delete()


def _key(request: HttpRequest) -> str:
    """Returns a hash: keys of others are never met, and an address with a secret is like someone."""
    given = request.headers[HEADER].strip().strip('"')
    if not given or len(given) > LONGEST:
        raise Refused(f"{HEADER} is a text of 1 to {LONGEST} characters, such as a UUID.", code="malformed", status=400)
    who = getattr(request, "auth", None)
    caller = request.path_info
    if isinstance(who, Actor):
        caller = f"token {who.token.pk}" if who.token else f"user {who.user and who.user.pk} {who.workspace.pk}"
    return hashlib.sha256(f"{caller}\n{given}".encode()).hexdigest()


def _fingerprint(request: HttpRequest) -> str:
    digest = hashlib.sha256(request.get_full_path_info().encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.hexdigest()
    digest.update(repr(sorted(request.POST.lists())).encode())
    for file in (file for name in sorted(request.FILES) for file in request.FILES.getlist(name)):
        digest.update(f"{file.name}\n".encode())
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()
