"""The pages for whoever has forgotten their password."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from workspaces import attempts, forms, password_reset, signing_in, tasks


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Says the same, in the same time, whether or not there is such an account."""
    form = forms.Forgotten(request.POST if request.method == "POST" and settings.CAN_EMAIL else None)
    sent = False
    if form.is_valid():
        email = form.cleaned_data["email"].lower()
        if attempts.may_try("", f"password-reset:{email}"):
            tasks.send_reset_link.delay(email)
            sent = True
        else:
            form.add_error(None, "Too many links were asked for. Wait 15 minutes.")
    context = {"form": form, "sent": sent, "can_email": settings.CAN_EMAIL}
    return render(request, "workspaces/forgotten.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@never_cache
def reset(request: HttpRequest, number: str, token: str) -> HttpResponse:
    user = password_reset.user_of_link(number, token)
    if user is None:
        return render(request, "workspaces/reset_gone.html", status=404)
    form = forms.NewPassword(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        password_reset.reset(user, form.cleaned_data["password"])
        return signing_in.enter(request, user, reverse("home"))
    context = {"form": form, "email": user.email}
    return render(request, "workspaces/reset.html", context, status=422 if form.errors else 200)
