"""The secret address of a table, to which other programs send rows."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from enrichment.engine.answer.value import number_or_digits
from enrichment.models import Hook, HookPost
from tables import columns, names, upserts
from tables.keys import Matching
from tables.models import Table
from tables.storable import storable
from workspaces import audit
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed, seal
from workspaces.tokens import hash_token, new_token

ADDRESS = "/api/v1/hooks/"  # followed by the secret
POSTS_KEPT = 20  # of each webhook
_BODY_KEPT = 4_000  # characters of a post that was rejected
_NAMED = 20  # columns in one message
_UNKNOWN = ("refuse", "ignore")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a post says of its rows; what it leaves open is as the webhook is set."""

    how: Matching | None = None
    unknown: str | None = None
    slips: tuple[str, ...] = ()  # what is wrong with the address


def of_table(table: Table) -> Hook | None:
    return Hook.objects.filter(table=table).first()


def secret_of(hook: Hook) -> str:
    """Raises CannotOpen."""
    secret: str = open_sealed(hook.sealed)["secret"]
    return secret


def url_of(secret: str) -> str:
    return f"{settings.PUBLIC_URL}{ADDRESS}{secret}"


def renew(table: Table) -> Hook:
    """Gives the table's webhook a new secret, or the table a webhook; the secret before opens nothing from now on."""
    secret = new_token("hook_")
    hashed_and_sealed = {"digest": hash_token(secret), "sealed": seal({"secret": secret})}
    with transaction.atomic():
        hook, is_new = Hook.objects.update_or_create(table=table, defaults=hashed_and_sealed)
        action = "table.hook_created" if is_new else "table.hook_renewed"
        audit.note(table.workspace_id, action, table.name, table.pk)
    return hook


def change(
    hook: Hook,
    *,
    enabled: bool | None = None,
    key: Sequence[str | int] | None = None,
    on_match: str | None = None,
    unknown: str | None = None,
) -> None:
    """Sets what is given. Raises Refused."""
    if key is not None:
        find = columns.by_name_or_id(hook.table)
        hook.key = [find(name).pk for name in key]
    hook.on_match = hook.on_match if on_match is None else on_match
    hook.unknown = hook.unknown if unknown is None else unknown
    if hook.unknown not in _UNKNOWN:
        raise Refused(f"Values without a column are either of: {', '.join(_UNKNOWN)}.", field="unknown")
    Matching(hook.key, on_match=hook.on_match)  # refuses what does not go together
    was_enabled, hook.enabled = hook.enabled, hook.enabled if enabled is None else enabled
    with transaction.atomic():
        hook.save(update_fields=["key", "on_match", "unknown", "enabled"])
        if hook.enabled != was_enabled:
            action = "table.hook_enabled" if hook.enabled else "table.hook_disabled"
            audit.note(hook.table.workspace_id, action, hook.table.name, hook.table_id)


def find(secret: str) -> Hook | None:
    return Hook.objects.select_related("table").filter(digest=hash_token(secret), table__ready=True).first()


def receive(hook: Hook, body: bytes, asked: Asked) -> upserts.Written:
    """Writes the rows of a post, and keeps what became of it. Raises Refused, and then nothing is written."""
    # Both or neither: whoever is told that a post failed sends it again.
    with transaction.atomic():
        written = _write(hook, _rows(body), asked)
        added = len(written.ids) - written.updated - written.skipped
        row_id = written.ids[0] if written.ids else None
        _keep(HookPost(hook=hook, added=added, updated=written.updated, skipped=written.skipped, row_id=row_id))
    return written


def keep_refused(hook: Hook, why: str, body: bytes) -> None:
    """Keeps that a post was refused, by whomever, with the beginning of what was sent."""
    text = storable(body[: 4 * _BODY_KEPT].decode("utf-8", "replace"))
    _keep(HookPost(hook=hook, error=storable(why), body=text[:_BODY_KEPT]))


def last_posts(hook: Hook) -> list[HookPost]:
    """Returns the newest first."""
    return list(HookPost.objects.filter(hook=hook).order_by("-pk")[:POSTS_KEPT])


def _keep(post: HookPost) -> None:
    post.save(force_insert=True)
    kept = HookPost.objects.filter(hook=post.hook).order_by("-pk").values_list("pk", flat=True)
    for oldest in kept[POSTS_KEPT - 1 : POSTS_KEPT]:
        HookPost.objects.filter(hook=post.hook, pk__lt=oldest).delete()


def _rows(body: bytes) -> list[dict[str, Any]]:
    try:
        sent = json.loads(body, parse_float=number_or_digits)
    except (ValueError, RecursionError):
        words = "The body isn't JSON. Send an object of column names and values, or a list of them."
        raise Refused(words, code="malformed", status=400) from None
    rows = sent if isinstance(sent, list) else [sent]
    if not all(isinstance(row, dict) for row in rows):
        raise Refused("A row is an object of column names and values. Send one, or a list of them.")
    return rows


def _write(hook: Hook, sent: Sequence[Mapping[str, Any]], asked: Asked) -> upserts.Written:
    if not hook.enabled:
        raise Refused("This webhook is turned off. Someone who can edit the table can turn it on.", code="conflict")
    if asked.slips:
        raise Refused(" ".join(asked.slips))
    places = _places(hook.table, sent)
    unknown = [name for name, column_id in places.items() if column_id is None]
    if unknown and (asked.unknown or hook.unknown) != "ignore":
        raise Refused(_explained(hook.table, unknown), field=unknown[0][: names.LONGEST])
    how = asked.how or _as_set(hook)
    audit.set_program("Webhook")
    known: list[dict[str | int, Any]] = [
        {pk: value for name, value in row.items() if (pk := places[name]) is not None} for row in sent
    ]
    return upserts.write(hook.table, known, how)


def _as_set(hook: Hook) -> Matching:
    """Raises Refused where a column of its key is gone: without it, each post would add its rows again."""
    if {*hook.key} - {column.pk for column in columns.live(hook.table)}:
        words = "The column by which rows match was deleted. Restore it, or choose another one in the table's sources."
        raise Refused(words, code="conflict")
    return Matching(hook.key, on_match=hook.on_match)


def _places(table: Table, sent: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """Returns {name: id of the column}, None where there is no such column.

    A name wins over an id: whoever posts names fields, and often cannot name them otherwise.
    """
    find = columns.by_name_or_id(table)

    def place(name: str) -> int | None:
        for key in (f"{columns.BY_NAME}{name}", name):
            with suppress(Refused):
                return find(key).pk
        return None

    return {name: place(name) for name in dict.fromkeys(key for row in sent for key in row)}


def _explained(table: Table, unknown: Sequence[str]) -> str:
    known = [column.name for column in columns.live(table) if not column.is_computed]
    return (
        f"There is no column {_listed(unknown)}. Columns that can be filled: {_listed(known) or 'none'}. "
        "Add ?unknown=ignore to the address to leave other values out."
    )


def _listed(column_names: Sequence[str]) -> str:
    first = ", ".join(f"“{name[: names.LONGEST]}”" for name in column_names[:_NAMED])
    return f"{first} and {len(column_names) - _NAMED:,} more" if len(column_names) > _NAMED else first


def seal_anew() -> None:
    """Seals the secrets with the first key.

    One that no key opens stays: its address works, and it is shown again once it is renewed.
    """
    for hook in Hook.objects.all():
        with suppress(CannotOpen):
            sealed = seal(open_sealed(hook.sealed))
            Hook.objects.filter(pk=hook.pk, digest=hook.digest).update(sealed=sealed)
