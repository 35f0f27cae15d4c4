"""What the workers do for workspaces."""

from celery import shared_task

from workspaces import audit, sessions


@shared_task(name="workspaces.prune", ignore_result=True)
def prune() -> None:
    audit.prune()
    sessions.prune()
