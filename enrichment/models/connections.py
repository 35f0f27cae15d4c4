"""How a workspace is let in by an API."""

from django.db import models

from workspaces.models import User, Workspace


class Connection(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, default="jwt")  # one of `engine.auth.kinds`
    config = models.JSONField(default=dict)  # as in the API, without secrets
    secrets = models.TextField(blank=True)  # encrypted JSON {name: text}
    revision = models.PositiveIntegerField(default=1)  # goes up on every edit: a token belongs to one revision
    refused = models.JSONField(null=True)  # why the last sign-in was refused; not repeated until edited or tested
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="connection_name_once")]

    def __str__(self) -> str:
        return self.name


class Authorization(models.Model):
    """What a person gave a connection by signing in at the provider, and what became of it."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="authorization"
    )
    number = models.PositiveIntegerField(default=1)  # goes up with everybody who changes it
    sealed = models.TextField(blank=True)  # encrypted JSON: access_token, refresh_token
    renews = models.BooleanField(default=False)  # whether there is a refresh token
    scope = models.TextField(blank=True)  # empty: what the settings ask for
    expires_at = models.FloatField(null=True)  # of the access token, seconds since 1970; null: not known
    ends_at = models.DateTimeField(null=True)  # of the refresh token, where the provider says so
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=260)  # the user, as they were called then
    at = models.DateTimeField()
    renewed_at = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)  # a worker is at it; in the past: nobody knows how it ended
    lost = models.TextField(blank=True)  # why it needs to be connected again
