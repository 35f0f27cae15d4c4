"""Who may see and do what: users, workspaces, roles, tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    OWNER = "owner", "Owner"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class Scope(models.TextChoices):
    """What a token may do, within its role."""

    READ = "read", "Read"
    ROWS = "rows", "Change rows"
    RUN = "run", "Run columns"
    MANAGE = "manage", "Manage tables, columns and connections"


def every_scope() -> list[str]:
    return list(Scope.values)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None) -> "User":
        user = self.model(email=self.normalize_email(email).lower())
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Someone who signs in with an email address; without a password yet, only by a link."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Identity(models.Model):
    """The account at an issuer of OpenID Connect with which somebody signs in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)  # whom the issuer means: it stays when their address changes
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_each"),
            models.UniqueConstraint(fields=["user", "issuer"], name="one_identity_each"),
        ]


class BrowserSession(models.Model):
    """A browser that somebody signed in with, beside the session that Django keeps."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True)  # as the browser calls itself
    started_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()


class SecondFactor(models.Model):
    """What codes are checked with, for somebody who needs one beside the password."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.TextField()  # sealed
    last_step = models.BigIntegerField()  # of the code that was taken last: each is good once
    recovery_hashes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)


class Passkey(models.Model):
    """A key that a device of somebody signs in with; what is stored here opens nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    identifier = models.CharField(max_length=1400, unique=True)
    credential = models.BinaryField()  # the public key, as WebAuthn writes it
    name = models.CharField(max_length=120)  # of the browser that made it
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)


class Workspace(models.Model):
    name = models.CharField(max_length=120)
    requires_second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="workspaces")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "workspace"], name="one_membership_each")]


class Invitation(models.Model):
    """A link that lets somebody in once, until it expires."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)


class SignInLink(models.Model):
    """What `make run` prints: a link that signs its user in until it expires."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()


class ApiToken(models.Model):
    """A bearer token of one workspace and one role; only its hash is stored."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    token_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    scopes = models.JSONField(default=every_scope)  # values of Scope
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True, blank=True)  # null: never
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def scopes_in_words(self) -> str:
        if self.scopes == Scope.values:
            return "Everything"
        return ", ".join(Scope(scope).label for scope in self.scopes)

    @property
    def may_only_read(self) -> bool:
        return bool(self.scopes == [Scope.READ])


class AuditEntry(models.Model):
    """Who did what; it stays when the user or the thing is gone."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="audit_entries", db_index=False)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    who = models.CharField(max_length=260)  # as they were called then, with the API token that they used
    action = models.CharField(max_length=40)  # connection.changed
    object_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=260, blank=True)  # of the thing, as it was called then
    detail = models.JSONField(default=dict)  # never a secret
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_newest")]
