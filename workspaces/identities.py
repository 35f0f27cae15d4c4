"""Who comes in with the account of their company, as whom, and with which role."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from workspaces import audit, invitations, second_factor, sessions
from workspaces.members import change_role, remove_member
from workspaces.models import Identity, Invitation, Membership, Role, User, Workspace
from workspaces.refusals import Refused

ANYBODY = "*"  # in place of domains: everybody whom the issuer knows


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as their issuer knows them; the subject never changes."""

    issuer: str
    subject: str
    email: str  # in lower case; empty unless the issuer says that it is verified
    name: str
    groups: frozenset[str] | None  # None: the issuer sent no such claim


@dataclass(frozen=True, slots=True)
class Admission:
    user: User
    joined_account: bool  # one that was there before; every other way into it has ended
    remark: str  # what to tell them, empty for nothing


def admit(person: Person) -> Admission:
    """Returns the user, whose role has been brought in step. Raises Refused for whoever may not come in."""
    _check_address(person)
    role = _role_of(person)
    with transaction.atomic():
        workspace = _workspace()
        identity = Identity.objects.filter(issuer=person.issuer, subject=person.subject).select_related("user").first()
        user, joined = (identity.user, False) if identity else _first_time(person, role)
        if not user.is_active:
            raise Refused("Your account here is closed. Ask an owner of the workspace.", code="forbidden")
        Identity.objects.filter(user=user, issuer=person.issuer).update(last_used_at=timezone.now())
        remark = _bring_in_step(user, workspace, role, is_first=identity is None)
    if not user.memberships.exists():
        raise _no_role(person)
    return Admission(user, joined, remark)


def name_of(identity: Identity) -> str:
    """Returns what people know the issuer as."""
    return str(settings.OIDC_NAME) if identity.issuer == settings.OIDC_ISSUER else identity.issuer


def _check_address(person: Person) -> None:
    if not person.email:
        words = f"{settings.OIDC_NAME} doesn't say that your e-mail address is verified, so Marl can't know that it is"
        raise Refused(f"{words} yours. Verify it there, or ask whoever manages it there.", code="forbidden")
    domains = settings.OIDC_DOMAINS
    if domains and ANYBODY not in domains and person.email.rpartition("@")[2] not in domains:
        words = f"{person.email} may not sign in here: only addresses of {' and '.join(domains)} may."
        raise Refused(f"{words} Sign in with another account.", code="forbidden")


def _role_of(person: Person) -> Role | None:
    """Returns the highest role of their groups, else that of everybody; None for nobody's."""
    given = [Role(settings.OIDC_ROLES[group]) for group in person.groups or () if group in settings.OIDC_ROLES]
    everybodys = Role(settings.OIDC_ROLE) if settings.OIDC_ROLE else None
    return max(given, key=lambda role: role.rank, default=everybodys)


def _workspace() -> Workspace:
    """Returns the one that people become members of, locked: who signs in twice at once is made once."""
    found = Workspace.objects.select_for_update().order_by("pk")
    workspace = found.filter(name=settings.OIDC_WORKSPACE).first() if settings.OIDC_WORKSPACE else found.first()
    if workspace is None:
        name = settings.OIDC_WORKSPACE
        words = f"There is no workspace “{name}”" if name else "There is no workspace yet"
        fix = "correct MARL_OIDC_WORKSPACE" if name else "run manage.py sign_in_link first"
        raise Refused(f"{words}. Whoever runs this server has to {fix}.")
    return workspace


def _first_time(person: Person, role: Role | None) -> tuple[User, bool]:
    """Returns the account of this address, which may be new, and whether it was there before."""
    user = User.objects.filter(email=person.email).first()
    invited = Invitation.objects.filter(email=person.email, accepted_at=None, expires_at__gt=timezone.now())
    if user is None and role is None and not invited.exists():
        raise _no_role(person)
    joined = user is not None
    user = _joined(user, person) if user else User.objects.create_user(person.email)
    Identity.objects.create(user=user, issuer=person.issuer, subject=person.subject)
    if person.name and not user.name:
        user.name = person.name[:120]
        user.save(update_fields=["name"])
    for invitation in invited.select_related("workspace"):
        invitations.accept(invitation, user)
    return user, joined


def _joined(user: User, person: Person) -> User:
    """Ends every other way in: whoever chose this address for the account may never have had it."""
    if user.identities.filter(issuer=person.issuer).exists():
        words = f"The account here with the address {person.email} belongs to another account at {settings.OIDC_NAME}."
        fix = "sign in with a password or a link and disconnect it under Account"
        raise Refused(f"{words} If both are yours, {fix}. Otherwise ask an owner.", code="conflict")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    second_factor.forget(user)
    user.passkeys.all().delete()
    sessions.end_all(user)
    return user


def _bring_in_step(user: User, workspace: Workspace, role: Role | None, *, is_first: bool) -> str:
    """Gives or takes a role; returns what to tell about it."""
    membership = Membership.objects.filter(user=user, workspace=workspace).select_related("user").first()
    if membership is None:
        if role and (is_first or settings.OIDC_ROLES):
            Membership.objects.create(user=user, workspace=workspace, role=role)
            audit.set_actor(user)
            audit.note(workspace, "member.joined", role)
        return ""
    if not settings.OIDC_ROLES or membership.role == role:
        return ""
    audit.set_program(settings.OIDC_NAME)
    try:
        change_role(membership, role) if role else remove_member(membership)
    except Refused:
        return f"Your groups don't make you an owner of {workspace}, but you stay one: it has no other."
    return ""


def _no_role(person: Person) -> Refused:
    name, email = settings.OIDC_NAME, person.email
    if settings.OIDC_ROLES and person.groups is None:
        words = f"{name} sent no claim {settings.OIDC_GROUPS_CLAIM}, so Marl can't tell what {email} may do here"
        fix = "Whoever runs this server has to let it send the groups"
    elif settings.OIDC_ROLES:
        words = f"None of the groups of {email} at {name} has a role here"
        fix = "Ask for a group that has one, or for an invitation"
    else:
        words, fix = f"{email} isn't a member of a workspace here", "Ask an owner for an invitation"
    return Refused(f"{words}. {fix}.", code="forbidden")
