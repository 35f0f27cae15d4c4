"""Workers that die during an import."""

from typing import Any

import pytest
from django.utils import timezone

from tables.imports import job
from tables.models import Import


class Killed(BaseException):
    """Ends a worker as a kill does: nothing that it would still do is done."""


def kill_at(monkeypatch: pytest.MonkeyPatch, module: object, name: str, *, call: int = 1) -> None:
    """Has the worker die once, at the end of that call."""
    real = getattr(module, name)
    calls: list[str] = []

    def die(*arguments: Any, **named: Any) -> Any:
        result = real(*arguments, **named)
        calls.append(name)
        if len(calls) == call:
            raise Killed
        return result

    monkeypatch.setattr(module, name, die)


def fall_silent(import_: Import) -> None:
    Import.objects.filter(pk=import_.pk).update(heartbeat_at=timezone.now() - 2 * job.DEAD_AFTER)


def be_killed(import_: Import) -> None:
    """Does the import until its worker dies, and lets a sweep find that."""
    with pytest.raises(Killed):
        job.run(import_.pk)
    import_.refresh_from_db()
    assert import_.state == "running"
    fall_silent(import_)
    job.sweep()
    import_.refresh_from_db()
