"""Connections, HTTP and formula columns, runs and the attempts they made."""

from django.db import models

from enrichment.engine.template import references
from enrichment.leases import Lease
from tables.models import Column, Table
from workspaces.models import User, Workspace


class Connection(models.Model):
    class Kind(models.TextChoices):
        JWT = "jwt", "JWT sign-in"
        BEARER = "bearer", "Bearer token"
        API_KEY = "api_key", "API key"
        BASIC = "basic", "Basic (user name and password)"
        OAUTH2 = "oauth2_client_credentials", "OAuth 2 client credentials"
        SIGNED_JWT = "signed_jwt", "Signed JWT"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, choices=Kind, default=Kind.JWT)
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


class HttpColumn(models.Model):
    """The settings of a column of type http; templates hold column ids ({{@12.path}}), not names."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="http")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="columns")
    config = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that the settings refer to."""
        config = self.config
        texts = [config.get("url"), config.get("body"), config.get("run_if")]
        texts += [item.get("value") for part in ("query", "headers") for item in config.get(part, ())]
        found = set().union(*(references.column_ids(text) for text in texts if text))
        return frozenset(found | {int(pk) for pk in config.get("required", ())})


class FormulaColumn(models.Model):
    """The settings of a column of type formula or extract; formulas hold column ids ({{@12.path}}), not names."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="formula")
    formula = models.TextField(blank=True)  # of an extract: what stands where the path gives nothing
    source = models.ForeignKey(Column, on_delete=models.CASCADE, null=True, related_name="+")
    path = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that the settings refer to."""
        own = {self.source_id} if self.source_id else set()
        return frozenset(references.column_ids(self.formula) | own)


class Recalculation(Lease):
    """Formula columns that are still to be computed, for which rows, and how far that is: the recalculation queue."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="recalculations")
    column_ids = models.JSONField()  # formula and extract columns to compute, HTTP columns to look at
    then_run = models.JSONField(default=list)  # HTTP columns that wait for it, then run for all of its rows
    row_ids = models.JSONField(null=True)  # sorted; null: every row from `first_row` to `last_row`
    first_row = models.BigIntegerField(default=0)
    last_row = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)  # rows up to this id are computed
    step_token = models.CharField(max_length=32, blank=True)  # whoever goes on with it knows it
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "enrichment_recompute"
        ordering = ["id"]


class Run(models.Model):
    """A ledger: which rows of a column, how far, and how they ended. Queued cells need no row of their own."""

    class State(models.TextChoices):
        PLANNING = "planning", "Planning"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"
        DONE = "done", "Done"

    ACTIVE = (State.PLANNING, State.RUNNING)  # workers advance it
    OPEN = (*ACTIVE, State.PAUSED)  # not over yet

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="runs")
    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="runs")
    scope = models.JSONField()  # "missing" | "failed" | "stale" | "all" | {"first": n} | {"ids"|"all_but": [...]}
    state = models.CharField(max_length=10, choices=State, default=State.PLANNING)
    cursor = models.BigIntegerField(default=0)  # rows up to this id have been claimed
    last_row = models.BigIntegerField(default=0)  # rows added later belong to another run
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    no_data = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    missing_input = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    automatic = models.BooleanField(default=False)
    stop_reason = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["state"], name="run_open", condition=models.Q(state__in=["planning", "running", "paused"])
            )
        ]


class Worker(Lease):
    """A process that sends. Its claims go to others once its lease has lapsed."""

    started_at = models.DateTimeField(auto_now_add=True)


class Runner(Lease):
    """One of up to four chains of tasks that advance a run at the same time. A step is a beat, and holds the runner."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="runners")
    number = models.PositiveSmallIntegerField()
    token = models.CharField(max_length=32, blank=True)  # whoever may take the next step knows it
    worker_id = models.BigIntegerField(null=True)  # in a step now

    class Meta:
        db_table = "enrichment_lane"
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="lane_once")]


class Claim(models.Model):
    """Rows that a worker has taken for a run and that have not ended: what is running. It goes with its last row.

    A claim never changes hands: rows that are handed back stand in a claim of nobody until the next one takes them.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="claims")
    column_id = models.BigIntegerField(db_index=True)
    worker_id = models.BigIntegerField(null=True)
    row_ids = models.JSONField()  # sorted; sent in this order
    intended = models.BigIntegerField(default=0, db_column="begun")  # rows up to this id may have been sent
    token = models.CharField(max_length=32, blank=True)  # of whoever does not know whether it was made
    created_at = models.DateTimeField(auto_now_add=True)


class SharedAnswer(models.Model):
    """One answer for identical requests of a column: for the rows of a run, or for as long as the cache time says."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    request_key = models.CharField(max_length=64, db_column="digest")  # of method, address, headers and body
    scope_run = models.BigIntegerField(default=0)  # the run it is for; 0: any
    row_id = models.BigIntegerField()  # whose request it is
    result = models.JSONField(null=True)  # state, value, error_code, error_message, http_status; null until answered
    answered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["column", "request_key", "scope_run"], name="shared_answer_once"),
        ]


class Hook(models.Model):
    """The secret address of a table, to which other programs send rows."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="hook")
    digest = models.CharField(max_length=64, unique=True)  # of the secret, to find it by
    sealed = models.TextField()  # the secret, encrypted, to show it again
    created_at = models.DateTimeField(auto_now=True)


class Attempt(models.Model):
    """One exchange as it was, with secrets redacted."""

    row_id = models.BigIntegerField()
    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, db_index=False)
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True)
    request = models.JSONField(null=True)  # method, url, headers, body
    response = models.JSONField(null=True)  # status, headers, body, truncated
    error = models.JSONField(null=True)  # code, message

    class Meta:
        indexes = [models.Index(fields=["row_id", "column"], name="attempts_of_cell")]
