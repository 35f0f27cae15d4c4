"""Messages to people stand in the database until they have arrived, or have been tried four times.

A message that may have arrived is due again if its sender dies: whoever sends it decides what becomes of it then.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tables import dispatch
from tables.models import Message

WAITS = (60, 300, 1800)  # seconds after which what did not arrive is tried again; then it is given up
LONGEST = 3600.0  # seconds that a message is put off because its receiver asks for it
_TOO_LONG = timedelta(seconds=2 * LONGEST)
_AT_ONCE = 100


def dispatch_due(messages: type[Message], task: str) -> None:
    """Sends the tasks of messages that are due, and whose own task was lost or failed."""
    now = timezone.now()
    # None waits so long: the clock was ahead when these were put off.
    messages._default_manager.filter(due_at__gt=now + _TOO_LONG).update(due_at=now)
    due = messages._default_manager.filter(due_at__lte=now)
    for pk in due.values_list("pk", flat=True)[:_AT_ONCE]:
        dispatch.send(task, pk)


def take(message: Message, **fields: Any) -> bool:
    """Returns whether it is due, and this worker is to send it: of two, the first one puts off its time.

    Notes these fields along with it.
    """
    if message.due_at is None:
        return False
    now = timezone.now()
    due = type(message)._default_manager.filter(pk=message.pk, due_at=message.due_at, due_at__lte=now)
    again_at = now + timedelta(seconds=WAITS[min(message.tries, len(WAITS) - 1)])
    is_mine = due.update(due_at=again_at, tries=message.tries + 1, **fields) == 1
    message.tries += is_mine
    return is_mine


def settle(message: Message, **fields: Any) -> None:
    """Notes that nothing more is to be sent, and these fields."""
    type(message)._default_manager.filter(pk=message.pk).update(due_at=None, **fields)


def keep(message: Message, wait: float = 0.0, **fields: Any) -> None:
    """Notes these fields of a message that did not arrive; after the last try it is given up.

    Its receiver may ask to `wait` so many seconds, for longer than it would be put off anyway.
    """
    of_message = type(message)._default_manager.filter(pk=message.pk)
    if message.tries > len(WAITS):
        of_message.update(**fields, due_at=None)
        return
    earliest = timezone.now() + timedelta(seconds=min(wait, LONGEST))
    of_message.filter(due_at__lt=earliest).update(due_at=earliest)
    of_message.update(**fields)
