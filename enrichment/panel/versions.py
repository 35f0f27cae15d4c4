"""Settings that two people have open: whoever saves last is told first that they aren't what they opened any more."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import QueryDict

from workspaces.refusals import Refused

_BY_THE_CLOCK = ("next_at", "ran_at", "refusal")  # of a schedule: changes without anybody's doing


class Conflict(Refused):
    """Somebody saved other settings meanwhile."""


def of(settings: Mapping[str, Any], schedule: Mapping[str, Any] | None = None) -> str:
    """Returns what the form of these stored settings sends along as `was`."""
    times = {name: value for name, value in (schedule or {}).items() if name not in _BY_THE_CLOCK}
    text = json.dumps([settings, times], sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def check(form: QueryDict, now: str) -> None:
    """Raises Conflict for a form that was opened on other settings than are stored now. Sent again, it is of these."""
    was = form.get("was", "")
    if was and was != now:
        words = "These settings were changed after you opened them. Save again to replace the changes with yours,"
        raise Conflict(f"{words} or close the panel and open it again to see them.", code="conflict")
