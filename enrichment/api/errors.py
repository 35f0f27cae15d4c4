"""Every error of the API in one shape: code, message, details."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template import loader
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import server_error
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from redis import RedisError

from enrichment.api.rates import TooMany
from enrichment.api.versions import Changed
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import SandboxBusy, SandboxMissing
from workspaces import unwritable
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

CODES = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    412: "changed",
    413: "too_large",
    415: "unsupported_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}


def answer(
    status: int, message: str, problems: list[Problem] | None = None, code: str = "", **more: Any
) -> JsonResponse:
    details = [problem.as_json() for problem in problems or []]
    body = {"error": {"code": code or CODES.get(status, "error"), "message": message, "details": details, **more}}
    return JsonResponse(body, status=status)


@csrf_exempt
def nowhere(request: HttpRequest, rest: str) -> JsonResponse:
    """Answers addresses at which there is nothing, whoever asks and however: no page is rendered for it."""
    return answer(404, "There is nothing at this address.")


def went_wrong(request: HttpRequest) -> HttpResponse:
    """Answers where a page or a middleware raised an error; if nothing can be stored, it says why."""
    error = sys.exception()
    words = unwritable.why(error) if error else ""
    if not words:
        return server_error(request)
    if request.path_info.startswith("/api/"):
        return answer(503, words)
    page = loader.get_template("503.html").render({"words": words, "is_busy": words == unwritable.BUSY})
    return HttpResponse(page, status=503)


def _validation(error: ValidationError) -> JsonResponse:
    problems = []
    for item in error.errors:
        place = [str(part) for part in item["loc"]]
        # Ninja puts the source and the name of the argument first.
        field = ".".join(place[2:] if len(place) > 2 and place[0] in ("body", "form") else place[1:])
        words = f"There is no field “{place[-1]}” here" if item["type"] == "extra_forbidden" else item["msg"]
        problems.append(Problem(f"{words}.", field=field))
    return answer(422, "Some values are missing or invalid.", problems)


def invalid(error: InvalidSettings) -> JsonResponse:
    first = next((problem for problem in error.problems if problem.severity == "error"), error.problems[0])
    return answer(422, first.message, error.problems)


def refused(refusal: Refused) -> JsonResponse:
    details = [Problem(str(refusal), field=refusal.field)] if refusal.field else []
    told = answer(refusal.status, str(refusal), details, refusal.code)
    if isinstance(refusal, Changed):
        told = answer(refusal.status, str(refusal), code=refusal.code, current=refusal.current)
        told["ETag"] = refusal.tag
    if isinstance(refusal, TooMany):
        told["Retry-After"] = str(refusal.seconds)
    return told


def _http_error(error: HttpError) -> JsonResponse:
    """Ninja hides what a parser says behind an error of its own."""
    cause = error.__cause__
    return refused(cause) if isinstance(cause, Refused) else answer(error.status_code, str(error))


def not_found() -> JsonResponse:
    return answer(404, "This doesn't exist, or it isn't shared with you.")


def register(api: NinjaAPI) -> None:
    def on(kind: type[Exception], respond: Callable[[Any], HttpResponse]) -> None:
        api.add_exception_handler(kind, lambda _request, error: respond(error))

    on(ValidationError, _validation)
    on(InvalidSettings, invalid)
    on(Refused, refused)
    on(HttpError, _http_error)
    on(RequestDataTooBig, lambda _: answer(413, f"Send at most {_most_mib()} MiB at once, or upload a file."))
    for kind in (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError):
        on(kind, lambda error: answer(400, f"{str(error).rstrip('.')}."))
    on(AuthenticationError, lambda _: answer(401, "Send a valid token: Authorization: Bearer marl_…"))
    on(Http404, lambda _: not_found())
    on(SandboxBusy, lambda error: answer(503, str(error)))
    on(SandboxMissing, lambda error: answer(503, str(error)))
    on(RedisError, _no_redis)
    on(Exception, _unexpected)


def _most_mib() -> int:
    return (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1024 // 1024


def _no_redis(error: RedisError) -> JsonResponse:
    log.error("Redis is not answering: %s", error)
    words = "Redis isn't answering, so this can't be done right now. Try again in a moment."
    return answer(503, unwritable.why(error) or words)


def _unexpected(error: Exception) -> JsonResponse:
    if words := unwritable.why(error):
        log.error("nothing can be stored: %s", error)
        return answer(503, words)
    log.error("unexpected error in the API", exc_info=error)
    return answer(500, "Something went wrong on our side. The server's log says why.")
