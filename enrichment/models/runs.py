"""Runs, who advances them, and the rows that they have claimed."""

from django.db import models

from enrichment.leases import Lease
from tables.models import Column, Table
from workspaces.models import User


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
    journal = models.CharField(max_length=32, blank=True, default="", db_default="")  # of what of it was sent
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
