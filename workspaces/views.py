"""Signing in and out, and the settings of a workspace."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.defaults import page_not_found

from workspaces import accounts, api_tokens, attempts, audit, forms, identities, ids, invitations, sessions, signing_in
from workspaces.actors import Actor, PageRequest, actor_of, member
from workspaces.destinations import after_sign_in
from workspaces.members import change_role, remove_member
from workspaces.models import Identity, Invitation, Membership, Role, SecondFactor, User
from workspaces.refusals import Refused
from workspaces.tokens import revoke

AUDIT_PAGE = 50
AUDIT_KINDS = (
    ("", "Everything"),
    ("connection", "Connections"),
    ("column", "Columns"),
    ("run", "Runs"),
    ("table", "Tables"),
    ("member", "Members"),
    ("token", "API tokens"),
)


def not_found(request: PageRequest, exception: Exception) -> HttpResponse:
    """Keeps the way to all pages at hand for whoever is signed in, also where no view has asked who it is."""
    if not hasattr(request, "actor") and (actor := actor_of(request)):
        request.actor = actor
    return page_not_found(request, exception)


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = forms.SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        if not attempts.may_try(request.META.get("REMOTE_ADDR", ""), email):
            form.add_error(None, "Too many attempts. Wait 15 minutes, or ask for a sign-in link.")
        elif user := authenticate(request, username=email.lower(), password=password):
            return signing_in.enter(request, user, after_sign_in(request))
        else:
            form.add_error(None, "This e-mail and password don't match. Check both, or use “Forgot your password?”.")
    status = 422 if form.errors else 200
    context = {"form": form, "expired": "expired" in request.GET, "next": request.GET.get("next", "")}
    context["company"] = _company()
    return render(request, "workspaces/sign_in.html", context, status=status)


def _company() -> str:
    """Returns what people sign in with where a company has an issuer; empty where it has none."""
    return str(settings.OIDC_NAME) if settings.OIDC_ISSUER else ""


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
    memberships = Membership.objects.filter(workspace=actor.workspace).select_related("user").order_by("pk")
    context = {
        "actor": actor,
        "form": form,
        "link": link,
        "members": memberships,
        "invitations": invitations.pending(actor.workspace),
        "roles": Role.choices,
        "is_owner": actor.role == Role.OWNER,
        "with_second_factor": set(
            SecondFactor.objects.values_list("user_id", flat=True).filter(user__memberships__workspace=actor.workspace)
        ),
    }
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
            remove_member(membership)
            messages.success(request, f"{membership.user} is no longer a member.")
        elif role in Role.values:
            change_role(membership, role)
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
    """Whoever is signed in joins as they are; a new user says a name and a password first.

    Whoever has an account signs in to it first: the link proves nothing, because the owner who made it has it as well.
    """
    invitation = invitations.find(token)
    if invitation is None:
        return _invitation_gone(request)
    if isinstance(request.user, User):
        join = request.method == "POST"
        return _join(request, invitation, request.user) if join else _ask_to_join(request, invitation)
    if User.objects.filter(email=invitation.email).exists():
        return redirect(f"{reverse('sign_in')}?next={request.path}")
    form = forms.Join(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save(User.objects.create_user(invitation.email))
        login(request, user)
        return _join(request, invitation, user)
    return _ask_to_join(request, invitation, form)


def _ask_to_join(request: HttpRequest, invitation: Invitation, form: forms.Join | None = None) -> HttpResponse:
    context = {"invitation": invitation, "form": form, "company": _company() if form else ""}
    return render(request, "workspaces/invitation.html", context, status=422 if form and form.errors else 200)


def _join(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    membership = invitations.accept(invitation, user)
    if membership is None:
        return _invitation_gone(request)
    request.session["workspace"] = membership.workspace_id
    return redirect("home")


def _invitation_gone(request: HttpRequest) -> HttpResponse:
    return render(request, "workspaces/invitation_gone.html", status=404)


@require_http_methods(["GET", "POST"])
@member()
def tokens(request: HttpRequest, actor: Actor) -> HttpResponse:
    text = None
    form = forms.NewToken(request.POST or None)
    if request.method == "POST":
        actor.require(Role.EDITOR)
        if form.is_valid():
            _, text = api_tokens.create_for(actor, **form.wanted())
            form = forms.NewToken()
    context = {
        "actor": actor,
        "form": form,
        "text": text,
        "tokens": api_tokens.live(actor.workspace).order_by("-pk"),
        "now": timezone.now(),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "workspaces/api_tokens.html", context, status=422 if form.errors else 200)


@require_POST
@member(Role.EDITOR)
def revoke_token(request: HttpRequest, actor: Actor, token_id: int) -> HttpResponse:
    if token := api_tokens.live(actor.workspace).filter(pk=token_id).first():
        revoke(token)
        messages.success(request, "Token revoked.")
    return redirect("api_tokens")


@require_GET
@member(Role.OWNER)
def audit_log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Shows fifty entries at a time, the newest first."""
    kind, before = request.GET.get("kind", ""), ids.parse(request.GET.get("before"))
    entries = audit.entries(actor.workspace, kind)
    if before is not None:
        entries = entries.filter(pk__lt=before)
    page = list(entries[: AUDIT_PAGE + 1])
    context = {
        "entries": [(entry, *audit.in_words(entry)) for entry in page[:AUDIT_PAGE]],
        "older": page[AUDIT_PAGE - 1].pk if len(page) > AUDIT_PAGE else None,
        "kind": kind,
        "kinds": AUDIT_KINDS,
    }
    return render(request, "workspaces/audit.html", context)


@require_http_methods(["GET", "POST"])
@member(before_second_factor=True)
def account(request: HttpRequest, actor: Actor) -> HttpResponse:
    user = cast(User, actor.user)
    asks_password = user.has_usable_password() and signing_in.BY_LINK not in request.session
    form = forms.Account(user, request.POST or None, asks_password=asks_password)
    if request.method == "POST" and form.is_valid():
        form.save()
        if form.cleaned_data["password"]:
            update_session_auth_hash(request, user)
            request.session.pop(signing_in.BY_LINK, None)
            sessions.end_all(user, but=request.session.session_key)
        messages.success(request, "Saved.")
        return redirect("account")
    context = {
        "actor": actor,
        "form": form,
        "memberships": Membership.objects.filter(user=user).select_related("workspace").order_by("pk"),
        "workspace_form": forms.NewWorkspace(auto_id="workspace_%s") if actor.role == Role.OWNER else None,
        "passkeys": user.passkeys.order_by("pk"),
        "second_factor": SecondFactor.objects.filter(user=user).first(),
        "sessions": [
            (session, sessions.device(session.agent), session.session_key == request.session.session_key)
            for session in sessions.of(user)
        ],
        "identities": [(identity, identities.name_of(identity)) for identity in user.identities.order_by("pk")],
    }
    return render(request, "workspaces/account.html", context, status=422 if form.errors else 200)


@require_POST
@member(before_second_factor=True)
def choose_workspace(request: HttpRequest, actor: Actor) -> HttpResponse:
    workspace_id = ids.parse(request.POST.get("workspace"))
    memberships = Membership.objects.filter(user=actor.user)
    if workspace_id is not None and memberships.filter(workspace_id=workspace_id).exists():
        request.session["workspace"] = workspace_id
    return redirect("home")


@require_POST
@member()
def disconnect_identity(request: HttpRequest, actor: Actor, identity_id: int) -> HttpResponse:
    identity = Identity.objects.filter(user=actor.user, pk=identity_id).first()
    if identity is None:
        raise Http404
    identity.delete()
    messages.success(request, f"You no longer sign in with {identities.name_of(identity)}.")
    return redirect("account")


@require_POST
@member()
def end_session(request: HttpRequest, actor: Actor, session_id: int) -> HttpResponse:
    if not sessions.end(cast(User, actor.user), session_id):
        raise Http404
    return redirect("account")


@require_POST
@member()
def end_other_sessions(request: HttpRequest, actor: Actor) -> HttpResponse:
    ended = sessions.end_all(cast(User, actor.user), but=request.session.session_key)
    messages.success(request, f"{ended} other session{'' if ended == 1 else 's'} ended.")
    return redirect("account")


@require_POST
@member(Role.OWNER)
def new_workspace(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = forms.NewWorkspace(request.POST)
    if form.is_valid():
        request.session["workspace"] = accounts.create_workspace(actor, form.cleaned_data["name"]).pk
        return redirect("home")
    messages.error(request, "Enter a name of at most 120 characters for the workspace.")
    return redirect("account")
