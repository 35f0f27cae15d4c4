"""What Django answers for the API before it is reached, in the API's own words."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from enrichment.api.errors import answer
from enrichment.connections.redaction import HIDDEN
from enrichment.engine.shapes import callback
from enrichment.webhooks import ADDRESS

_SECRET = (ADDRESS, callback.ADDRESS)  # before a secret


class ApiMethodMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if secret := next((address for address in _SECRET if request.path.startswith(address)), ""):
            request.path = secret + HIDDEN  # goes into logs; where the request leads stands in path_info
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or not request.path.startswith("/api/"):
            return response
        allowed = ", ".join(sorted(response["Allow"].split(", ")))
        refused = answer(405, f"{request.method} isn't allowed here. Use {allowed}.")
        refused["Allow"] = allowed
        return refused
