"""Connections, HTTP, formula and look-up columns, runs and the attempts they made."""

from django.db import models

from enrichment.engine.template import inputs, references
from enrichment.leases import Lease
from tables.models import Column, Import, Table
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


class HttpColumn(models.Model):
    """The settings of a column of type http; templates hold column ids ({{@12.path}}), not names."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="http")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="columns")
    config = models.JSONField(default=dict)
    requests = models.JSONField(null=True)  # [[since when, digest]] of those it has asked with; null: always this one
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that the request needs."""
        found = inputs.column_ids(self.config, {}) | references.column_ids(self.config.get("run_if") or "")
        return frozenset(found.union(map(int, self.config.get("required") or ())))


class Schedule(models.Model):
    """When a column runs by the clock, as the API gives it, and what became of the last time."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="schedule")
    config = models.JSONField()
    due_at = models.DateTimeField(db_index=True)
    ran_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)  # why it did not run the last time
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)


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


ROW = 0  # stands for the row itself, where the id of a column that look-ups compare with would be


class LookupColumn(models.Model):
    """The settings of a column of type lookup; its template holds column ids ({{@12.path}}), not names.

    What it looks into is kept by id alone, with its name: it can still be named when it is gone for good.
    """

    class Many(models.TextChoices):
        FIRST = "first", "The first one"
        LIST = "list", "All of them, as a list"
        COUNT = "count", "How many there are"

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="lookup")
    target_id = models.BigIntegerField(db_index=True)  # the table with the rows that match
    match_id = models.BigIntegerField()  # its column with the values that are compared
    value = models.TextField()  # what they are compared with, for each row here
    take_id = models.BigIntegerField(null=True)
    take_path = models.TextField(blank=True)
    many = models.CharField(max_length=5, choices=Many, default=Many.FIRST)
    names = models.JSONField(default=dict)  # of table, match and take when it was saved
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column of its own table that the settings refer to."""
        return frozenset(references.column_ids(self.value))

    @property
    def reads(self) -> frozenset[int]:
        """The columns of the other table."""
        return frozenset({self.match_id, self.take_id or self.match_id})


class ListRows(models.Model):
    """A list in the results of a column, whose items are rows of a table, and what came of them so far."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="list_rows")
    path = models.TextField(blank=True)  # of the list in a result; empty: the result is one
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    columns = models.JSONField(default=list)  # [{"path", "column": id}]
    key = models.JSONField(default=list)  # ids of the columns by which items match rows that are there
    source_column_id = models.BigIntegerField()  # of that table: holds the id of the row that an item came from
    auto = models.BooleanField(default=True)
    items = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    misfits = models.BigIntegerField(default=0)  # values that were left blank
    problem = models.TextField(blank=True)  # why the last rows could not be made
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]


class ListWork(Lease):
    """Rows whose lists are still to become rows, and how far that is."""

    list_rows = models.ForeignKey(ListRows, on_delete=models.CASCADE, related_name="work")
    row_ids = models.JSONField(null=True)  # sorted; null: every row up to `last_row`
    last_row = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)  # rows up to this id are done
    step_token = models.CharField(max_length=32, blank=True)  # whoever goes on with it knows it

    class Meta:
        ordering = ["pk"]


class _Key(models.Model):
    """The key of a row: 64 bits of the digest of a trimmed text."""

    pk = models.CompositePrimaryKey("column_id", "row_id")
    column_id = models.BigIntegerField()
    row_id = models.BigIntegerField()
    key = models.BigIntegerField()

    class Meta:
        abstract = True


class MatchKey(_Key):
    """By which a row is found: of its value in a column that look-ups compare with."""

    class Meta:
        indexes = [models.Index(fields=["column_id", "key", "row_id"], name="match_key")]


class SoughtKey(_Key):
    """By which a row finds others: of what it looks for in a look-up column."""

    class Meta:
        indexes = [models.Index(fields=["column_id", "key", "row_id"], name="sought_key")]


class Recalculation(Lease):
    """Formula columns that are still to be computed, for which rows, and how far that is: the recalculation queue."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="recalculations")
    column_ids = models.JSONField()  # formula, field and look-up columns to compute, HTTP columns to look at
    then_run = models.JSONField(default=list)  # HTTP columns that wait for it, then run for all of its rows
    read_by = models.JSONField(default=list)  # look-up columns of any table to which these rows may be new
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
    handed_down = models.BigIntegerField(default=0)  # of the failed: only because another column had failed
    unknown = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    automatic = models.BooleanField(default=False)
    scheduled = models.BooleanField(default=False)
    asks_again = models.BooleanField(default=False)  # of rows whose exchange is open, instead of beginning another one
    only_calls = models.BooleanField(default=False)  # stores what APIs posted late, and sends nothing
    stop_reason = models.TextField(blank=True)  # or why it paused itself
    paused_at = models.DateTimeField(null=True)  # when it paused itself, and
    resumes_at = models.DateTimeField(null=True)  # when it resumes by itself
    lifts_hold = models.BooleanField(default=False)  # a person resumed it, whatever wait the API asked for
    slowed_to = models.FloatField(null=True)  # requests a second, by an API that refused more
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


class RequestBatch(models.Model):
    """Rows that go to an API in one request, recorded before they do: whatever follows is about the same rows."""

    key = models.CharField(max_length=32, primary_key=True)
    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    run_id = models.BigIntegerField(db_index=True)
    claim_id = models.BigIntegerField()  # that the rows were in last
    rows = models.JSONField()  # [[row id, text that it is matched by]] in the order of the request
    sealed = models.TextField(blank=True)  # how far its exchange is, encrypted


class OpenExchange(models.Model):
    """What an API has accepted and not answered in full. It goes on where it stands, and never begins again."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    row_id = models.BigIntegerField(db_index=True)
    run_id = models.BigIntegerField()
    batch = models.ForeignKey(RequestBatch, on_delete=models.CASCADE, null=True)  # that it is the exchange of
    sealed = models.TextField()  # how far it is, encrypted: answers may hold what lets others in; of a batch: ""
    fingerprint = models.CharField(max_length=32, blank=True)  # of the inputs that it began with

    @property
    def all_sealed(self) -> str:
        """How far it is, alone or as one of a batch."""
        return self.batch.sealed if self.batch else self.sealed

    class Meta:
        constraints = [models.UniqueConstraint(fields=["column", "row_id"], name="open_exchange_once")]


class CallbackAddress(models.Model):
    """An address at which an API may post the result of a row, and what it has posted there."""

    class State(models.TextChoices):
        OPEN = "open"  # nobody has called
        CALLED = "called"  # what was posted is to be read
        KEPT = "kept"  # it is read when somebody asks again
        READ = "read"

    digest = models.CharField(max_length=64, unique=True)  # of the secret in the address, which is kept nowhere
    column = models.ForeignKey(Column, on_delete=models.CASCADE, null=True, db_index=False)  # null: not saved yet
    row_id = models.BigIntegerField()
    run_id = models.BigIntegerField(default=0)  # 0: of a test
    fingerprint = models.CharField(max_length=32, blank=True)  # of the inputs that the row was sent with
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    headers = models.JSONField(null=True)  # [[name, text]] of what was posted
    body = models.BinaryField(null=True)
    called_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["row_id", "column"], name="callbacks_of_cell"),
            models.Index(fields=["called_at"], name="callbacks_to_read", condition=models.Q(state="called")),
        ]


class Hook(models.Model):
    """The secret address of a table, to which other programs send rows."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="hook")
    digest = models.CharField(max_length=64, unique=True)  # of the secret, to find it by
    sealed = models.TextField()  # the secret, encrypted, to show it again
    created_at = models.DateTimeField(auto_now=True)
    enabled = models.BooleanField(default=True)
    # What an address that says nothing about it does with rows that match, and with values without a column.
    key = models.JSONField(default=list)  # ids of columns
    on_match = models.CharField(max_length=10, default="add")
    unknown = models.CharField(max_length=10, default="refuse")


class HookPost(models.Model):
    """What became of one post to a webhook; the last ones are kept."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="posts")
    at = models.DateTimeField(auto_now_add=True)
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    row_id = models.BigIntegerField(null=True)  # the first row that it added or matched
    error = models.TextField(blank=True)
    body = models.TextField(blank=True)  # the beginning of what was rejected


class NoticeSettings(models.Model):
    """Whom a table tells when a run has ended."""

    table = models.OneToOneField(Table, on_delete=models.CASCADE, primary_key=True, related_name="notices")
    sealed = models.TextField(blank=True)  # the address of a webhook, which is a secret, encrypted
    emails = models.JSONField(default=list)
    when = models.CharField(max_length=10, default="always")  # or "failures"
    failed_percent = models.PositiveSmallIntegerField(default=10)  # of the rows, above which a run counts as failed


class Notice(models.Model):
    """One message about a run to one channel: what is still to be told, and what became of the last ones."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)  # webhook or email
    due_at = models.DateTimeField(null=True)  # None: it was sent, or given up
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)  # of the last try

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=models.Q(due_at__isnull=False))]


class Source(models.Model):
    """An API whose list fills a table: its request, where the fields of an item go, and when it is fetched."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=200)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="sources")
    config = models.JSONField()  # of the request, as in the API
    columns = models.JSONField(default=list)  # [{"path", "column": id}]
    key = models.JSONField(default=list)  # ids of the columns by which rows match
    on_match = models.CharField(max_length=10, default="add")
    keep_blank = models.BooleanField(default=True)
    schedule = models.JSONField(null=True)  # as in the API
    due_at = models.DateTimeField(null=True, db_index=True)
    ran_at = models.DateTimeField(null=True)  # by the clock
    refusal = models.TextField(blank=True)  # why it did not run the last time that it was due
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class SourceRun(Lease):
    """One time that a source was fetched: an import, and how far the exchange with its API is until then."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    import_job = models.OneToOneField(Import, on_delete=models.CASCADE, related_name="+")
    scheduled = models.BooleanField(default=False)
    token = models.CharField(max_length=32, blank=True)  # of the worker that is at it
    intended = models.BooleanField(default=False)  # a request that must not be sent twice may be under way
    due_at = models.DateTimeField(null=True)  # not to go on before
    kept = models.TextField(blank=True)  # how far the exchange is, encrypted
    pages = models.PositiveIntegerField(default=0)  # that came so far
    failure = models.JSONField(null=True)  # the last request of a run that failed, and its answer

    class Meta:
        ordering = ["-id"]


class BatchAttempt(models.Model):
    """One exchange for many rows as it was, with secrets redacted. Each of them has an attempt of its own."""

    key = models.CharField(max_length=32, primary_key=True)
    column = models.ForeignKey(Column, on_delete=models.CASCADE)
    row_ids = models.JSONField()  # in the order of the request
    request = models.JSONField(null=True)
    response = models.JSONField(null=True)


class Attempt(models.Model):
    """One exchange as it was, with secrets redacted."""

    row_id = models.BigIntegerField()
    column = models.ForeignKey(Column, on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, db_index=False)
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True)
    request = models.JSONField(null=True)  # method, url, headers, body, hops
    response = models.JSONField(null=True)  # status, headers, body, truncated
    error = models.JSONField(null=True)  # code, message
    batch = models.ForeignKey(  # that has the request and the response
        BatchAttempt, on_delete=models.SET_NULL, null=True, db_index=False, related_name="attempts"
    )

    class Meta:
        indexes = [
            models.Index(fields=["row_id", "column"], name="attempts_of_cell"),
            models.Index(fields=["batch"], name="attempts_of_batch", condition=models.Q(batch__isnull=False)),
        ]
