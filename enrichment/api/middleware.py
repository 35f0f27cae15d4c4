"""What Django answers for addresses of the API that never reach it, in the API's own words."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from enrichment.api.errors import answer
from enrichment.connections.redaction import HIDDEN
from enrichment.engine.shapes import callback
from enrichment.webhooks import ADDRESS

_SECRET = (ADDRESS, callback.ADDRESS)  # before a secret
_WORDS = {
    400: "This request is malformed, or its Host header is none of this server's.",
    403: "This page is out of date: reload it. Programs send a token: Authorization: Bearer marl_…",
    404: "There is nothing at this address.",
    413: "This is more than the server takes at once.",
    500: "Something went wrong on our side. The server's log says why.",
}


class ApiMiddleware:
    """Stands before all others, because each of them may answer with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if secret := next((address for address in _SECRET if request.path.startswith(address)), ""):
            request.path = secret + HIDDEN  # goes into logs; where the request leads stands in path_info
        response = self.get_response(request)
        if request.path_info.startswith("/api/") and _is_a_page_of_an_error(response):
            _put_into_json(request, response)
        return response


def _is_a_page_of_an_error(response: HttpResponseBase) -> bool:
    is_json = response.get("Content-Type", "").startswith("application/json")
    return response.status_code >= 400 and not is_json and not response.streaming


def _put_into_json(request: HttpRequest, response: HttpResponse) -> None:
    """Keeps what the headers say: what is allowed, and cookies."""
    words = _WORDS.get(response.status_code, f"{response.reason_phrase}.")
    if response.status_code == 405:
        response["Allow"] = ", ".join(sorted(response["Allow"].split(", ")))
        words = f"{request.method} isn't allowed here. Use {response['Allow']}."
    told = answer(response.status_code, words)
    response.content = told.content
    response["Content-Type"] = told["Content-Type"]
    response["Content-Length"] = str(len(response.content))  # that of the page was counted by a middleware before
