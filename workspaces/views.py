"""Signing in and out, and the settings of a workspace."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from workspaces import attempts, audit, forms, invitations
from workspaces import members as member_room
from workspaces.actors import Actor, member
from workspaces.models import ApiToken, Invitation, Membership, Role, User
from workspaces.refusals import Refused
from workspaces.tokens import create_api_token, revoke

AUDIT_PAGE = 50
AUDIT_KINDS = (
    ("", "Everything"), ("connection", "Connections"), ("column", "Columns"), ("run", "Runs"), ("table", "Tables"),
    ("member", "Members"), ("token", "API tokens"),
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = forms.SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        if not attempts.may_try(request.META.get("REMOTE_ADDR", ""), email):
            form.add_error(None, "Too many attempts. Wait 15 minutes, or ask for a sign-in link.")
        elif user := authenticate(request, username=email.lower(), password=password):
            login(request, user)
            return redirect(_next(request))
        else:
            form.add_error(None, "This email address and password don't match.")
    status = 422 if form.errors else 200
    context = {"form": form, "expired": "expired" in request.GET, "next": request.GET.get("next", "")}
    return render(request, "workspaces/sign_in.html", context, status=status)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else reverse("home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


@require_http_methods(["GET", "POST"])
@member()
def members(request: HttpRequest, actor: Actor) -> HttpResponse:
    link = None
    form = forms.Invite(request.POST or None)
    if request.method == "POST":
        actor.require(Role.OWNER)
        if form.is_valid():
            invitation, link = invitations.invite(actor, form.cleaned_data["email"], form.cleaned_data["role"])
            form = forms.Invite()
            messages.success(request, f"Send this link to {invitation.email}. Works once, for seven days.")
    found = Membership.objects.filter(workspace=actor.workspace).select_related("user").order_by("pk")
    waiting = Invitation.objects.filter(workspace=actor.workspace, accepted_at=None, expires_at__gt=timezone.now())
    context = {
        "actor": actor, "form": form, "link": link, "members": found, "invitations": waiting, "roles": Role.choices,
        "is_owner": actor.role == Role.OWNER,
    }  # fmt: skip
    return render(request, "workspaces/members.html", context, status=422 if form.errors else 200)


@require_POST
@member(Role.OWNER)
def change_member(request: HttpRequest, actor: Actor, membership_id: int) -> HttpResponse:
    membership = Membership.objects.filter(workspace=actor.workspace, pk=membership_id).select_related("user").first()
    if membership is None:
        raise Http404
    role = request.POST.get("role", "")
    try:
        if role == "remove":
            member_room.remove(membership)
            messages.success(request, f"{membership.user} is no longer a member.")
        elif role in Role.values:
            member_room.change_role(membership, role)
            messages.success(request, f"{membership.user} is now {Role(role).label.lower()}.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("members")


@require_POST
@member(Role.OWNER)
def withdraw_invitation(request: HttpRequest, actor: Actor, invitation_id: int) -> HttpResponse:
    Invitation.objects.filter(workspace=actor.workspace, pk=invitation_id, accepted_at=None).delete()
    return redirect("members")


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = invitations.find(token)
    if found is None:
        return render(request, "workspaces/invitation_gone.html", status=404)
    user = request.user if isinstance(request.user, User) else User.objects.filter(email=found.email).first()
    if isinstance(request.user, User):
        return _join(request, found, request.user) if request.method == "POST" else _ask_to_join(request, found)
    if user is not None and user.has_usable_password():
        return redirect(f"{reverse('sign_in')}?next={request.path}")
    form = forms.Join(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = user or User.objects.create_user(found.email)
        user.name = form.cleaned_data["name"]
        user.set_password(form.cleaned_data["password"])
        user.save()
        login(request, user)
        return _join(request, found, user)
    return _ask_to_join(request, found, form)


def _ask_to_join(request: HttpRequest, found: Invitation, form: forms.Join | None = None) -> HttpResponse:
    context = {"invitation": found, "form": form}
    return render(request, "workspaces/invitation.html", context, status=422 if form and form.errors else 200)


def _join(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    membership = invitations.accept(found, user)
    request.session["workspace"] = membership.workspace_id
    return redirect("home")


@require_http_methods(["GET", "POST"])
@member()
def api_tokens(request: HttpRequest, actor: Actor) -> HttpResponse:
    text = None
    form = forms.NewToken(request.POST or None)
    if request.method == "POST":
        actor.require(Role.EDITOR)
        if form.is_valid():
            actor.require(Role(form.cleaned_data["role"]))
            name, role = form.cleaned_data["name"], form.cleaned_data["role"]
            _, text = create_api_token(actor.workspace, name, role, actor.user)
            form = forms.NewToken()
    tokens = ApiToken.objects.filter(workspace=actor.workspace, revoked_at=None).select_related("created_by")
    context = {
        "actor": actor,
        "form": form,
        "text": text,
        "tokens": tokens.order_by("-pk"),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "workspaces/api_tokens.html", context, status=422 if form.errors else 200)


@require_POST
@member(Role.EDITOR)
def revoke_token(request: HttpRequest, actor: Actor, token_id: int) -> HttpResponse:
    if token := ApiToken.objects.filter(workspace=actor.workspace, pk=token_id, revoked_at=None).first():
        revoke(token)
        messages.success(request, "Token revoked.")
    return redirect("api_tokens")


@require_GET
@member(Role.OWNER)
def audit_log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Fifty entries at a time, the newest first."""
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    found = audit.entries(actor.workspace, kind)
    if before.isascii() and before.isdigit():
        found = found.filter(pk__lt=int(before[:18]))
    shown = list(found[: AUDIT_PAGE + 1])
    older = shown[AUDIT_PAGE - 1].pk if len(shown) > AUDIT_PAGE else None
    entries = [(entry, *audit.told(entry)) for entry in shown[:AUDIT_PAGE]]
    context = {"entries": entries, "older": older, "kind": kind, "kinds": AUDIT_KINDS}
    return render(request, "workspaces/audit.html", context)


@require_http_methods(["GET", "POST"])
@member()
def account(request: HttpRequest, actor: Actor) -> HttpResponse:
    user = cast(User, actor.user)
    form = forms.Account(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        messages.success(request, "Saved.")
        return redirect("account")
    mine = Membership.objects.filter(user=user).select_related("workspace").order_by("pk")
    context = {"actor": actor, "form": form, "memberships": mine}
    return render(request, "workspaces/account.html", context, status=422 if form.errors else 200)


@require_POST
@member()
def choose_workspace(request: HttpRequest, actor: Actor) -> HttpResponse:
    wanted = request.POST.get("workspace", "")
    if wanted.isdigit() and Membership.objects.filter(user=actor.user, workspace_id=int(wanted)).exists():
        request.session["workspace"] = int(wanted)
    return redirect("home")
