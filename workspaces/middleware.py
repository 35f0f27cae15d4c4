"""Who a request comes from: `/?token=…` signs in and leaves the token out of the address."""

from collections.abc import Callable

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspaces import audit
from workspaces.accounts import user_of_link


class AuditMiddleware:
    """A request begins with nobody: threads serve one after another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        audit.forget()
        return self.get_response(request)


class SignInLinkMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "") if request.path == "/" and request.method == "GET" else ""
        if not token:
            return self.get_response(request)
        user = user_of_link(token)
        if user:
            login(request, user)
            return redirect("/")
        return self.get_response(request) if request.user.is_authenticated else redirect("/sign-in?expired=1")
