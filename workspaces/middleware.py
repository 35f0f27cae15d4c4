"""Who a request comes from."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspaces import actors, audit, signing_in
from workspaces.accounts import user_of_link
from workspaces.actors import PageRequest
from workspaces.views import not_found


class AuditMiddleware:
    """Clears whoever acted in the request that this thread served before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        audit.clear_actor()
        actors.forget_acting()
        return self.get_response(request)


class PageForFormAddressMiddleware:
    """Shows a page where a browser goes to an address that only takes forms. Django answers it with a blank one."""

    def __init__(self, get_response: Callable[[PageRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PageRequest) -> HttpResponse:
        response = self.get_response(request)
        is_blank = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content
        if is_blank and request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            page = not_found(request, Http404())
            page.status_code, page["Allow"] = response.status_code, response["Allow"]
            return page
        return response


class SignInLinkMiddleware:
    """Signs in whoever opens `/?token=…`, and leaves the token out of the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "") if request.path == "/" and request.method == "GET" else ""
        if not token:
            return self.get_response(request)
        user = user_of_link(token)
        if user:
            login(request, user)
            request.session[signing_in.BY_LINK] = True
            return redirect("/")
        return self.get_response(request) if request.user.is_authenticated else redirect("/sign-in?expired=1")
