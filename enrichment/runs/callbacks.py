"""Addresses at which APIs post the results of rows: given with a request, found by their hash, read once."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from itertools import batched
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from enrichment.engine.shapes.callback import ADDRESS, PREFIX
from enrichment.models import CallbackAddress, Run
from enrichment.schema import Asked
from tables.models import Column
from workspaces.tokens import hash_token, new_token

State = CallbackAddress.State

KEPT_FOR = timedelta(days=7)  # after the row has waited: a call that is late still finds it
KEPT_FOR_TEST = timedelta(hours=1)
TRIES_KEPT = 5  # addresses of one row in one run: each try has its own, and any of them may be called
_TO_READ = (State.CALLED, State.KEPT)
AT_ONCE = 500  # in one query; SQLite bounds its parameters

type Given = tuple[int, str, str, Asked]  # row id, secret, fingerprint of its inputs, settings


def new_secret() -> str:
    return new_token(PREFIX)


def address_of(secret: str) -> str:
    return f"{settings.PUBLIC_URL}{ADDRESS}{secret}"


def why_unreachable() -> str:
    """Returns why an API elsewhere can't call Marl, or nothing."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    with suppress(ValueError):
        host = "localhost" if ip_address(host).is_loopback else host
    if host != "localhost" and not host.endswith(".localhost"):
        return ""
    return (
        f"Marl's address is {settings.PUBLIC_URL}. Only an API on this computer can call that. "
        "Set MARL_PUBLIC_URL to an address that your API can reach, and start Marl again."
    )


def keep(run: Run, given: Sequence[Given], wait: timedelta) -> None:
    """Stores the hashes of addresses before they are sent to anybody."""
    if not given:
        return
    _forget_older_tries(run, [row_id for row_id, *_ in given])
    expires_at = timezone.now() + wait + KEPT_FOR
    CallbackAddress.objects.bulk_create(
        CallbackAddress(
            digest=hash_token(secret),
            column_id=run.column_id,
            row_id=row_id,
            run_id=run.pk,
            fingerprint=fingerprint,
            asked_with=asked,
            expires_at=expires_at,
        )
        for row_id, secret, fingerprint, asked in given
    )


def _forget_older_tries(run: Run, row_ids: Collection[int]) -> None:
    tries: dict[int, list[int]] = {}
    found = _of_rows(run.column_id, row_ids).filter(run_id=run.pk, state=State.OPEN).order_by("-pk")
    for pk, row_id in found.values_list("pk", "row_id"):
        tries.setdefault(row_id, []).append(pk)
    if surplus := [pk for pks in tries.values() for pk in pks[TRIES_KEPT - 1 :]]:
        CallbackAddress.objects.filter(pk__in=surplus).delete()


def called(run: Run, row_ids: Collection[int]) -> set[int]:
    """Returns those of these rows that were called in this run, and nobody has read it."""
    found = _of_rows(run.column_id, row_ids).filter(run_id=run.pk, state=State.CALLED)
    return set(found.values_list("row_id", flat=True))


def keep_for_test(column: Column, row_id: int, secret: str) -> CallbackAddress:
    """Stores the hash of an address that a test sends; the column need not be saved."""
    saved = column if column.pk else None
    expires_at = timezone.now() + KEPT_FOR_TEST
    return CallbackAddress.objects.create(digest=hash_token(secret), column=saved, row_id=row_id, expires_at=expires_at)


def of_test(pk: int, row_id: int) -> CallbackAddress | None:
    return CallbackAddress.objects.filter(pk=pk, row_id=row_id, run_id=0).first()


def to_read(column_id: int, row_ids: Collection[int]) -> dict[int, CallbackAddress]:
    """Returns the first call of each of these rows that is not read, by row id; its body is loaded when asked for."""
    if not CallbackAddress.objects.exists():  # as mostly: naming all the rows takes longer
        return {}
    found = _of_rows(column_id, row_ids).filter(state__in=_TO_READ).order_by("-called_at").defer("body")
    return {call.row_id: call for call in found}


def forget_earlier(run: Run, row_ids: Collection[int]) -> None:
    """Deletes the addresses that rows had in earlier runs and begin anew: those were for other requests."""
    for part in batched(row_ids, AT_ONCE):
        _of_rows(run.column_id, part).exclude(run_id=run.pk).delete()


def adopt(run: Run, row_ids: Collection[int], wait: timedelta = timedelta(0)) -> None:
    """Makes the addresses of these rows those of another run, which waits so long for them once more."""
    expires_at = timezone.now() + wait + KEPT_FOR
    for part in batched(row_ids, AT_ONCE):
        _of_rows(run.column_id, part).update(run_id=run.pk, expires_at=expires_at)


def taken(column_id: int, calls: Iterable[tuple[int, str]]) -> None:
    """Notes with the results what has become of [(row id, state)]: a call that is read leaves no body behind."""
    by_state: dict[str, list[int]] = {}
    for row_id, state in calls:
        by_state.setdefault(state, []).append(row_id)
    for state, row_ids in by_state.items():
        emptied = {} if state == State.KEPT else {"body": None, "headers": None}
        for part in batched(row_ids, AT_ONCE):
            _of_rows(column_id, part).update(state=state, **emptied)


def prune() -> None:
    """Deletes the addresses that nobody waits for any more, some at a time so that nobody waits."""
    gone = CallbackAddress.objects.filter(expires_at__lt=timezone.now()).values_list("pk", flat=True)
    for part in batched(gone.iterator(), AT_ONCE):
        CallbackAddress.objects.filter(pk__in=part).delete()


def forget_rows(row_ids: Sequence[int]) -> None:
    """Deletes those of rows that are purged."""
    CallbackAddress.objects.filter(row_id__in=row_ids)._raw_delete(using=connection.alias)


def _of_rows(column_id: int, row_ids: Collection[int]) -> QuerySet[CallbackAddress]:
    return CallbackAddress.objects.filter(column_id=column_id, row_id__in=row_ids, run_id__gt=0)
