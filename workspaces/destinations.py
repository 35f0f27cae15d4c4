"""Where somebody goes after signing in."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def after_sign_in(request: HttpRequest) -> str:
    """Returns the page that asked to sign in, unless it is on another host."""
    address = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else reverse("home")
