"""What the workers do for workspaces."""

from celery import shared_task

from workspaces import audit, password_reset, sessions


@shared_task(
    name="workspaces.send_reset_link",
    ignore_result=True,
    autoretry_for=(password_reset.NotSent,),
    max_retries=3,
    default_retry_delay=20,
)
def send_reset_link(email: str) -> None:
    password_reset.send_link(email)


@shared_task(name="workspaces.prune", ignore_result=True)
def prune() -> None:
    audit.prune()
    sessions.prune()
