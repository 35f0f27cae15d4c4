"""The secret address of a table, to which other programs send rows."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import transaction

from enrichment.connections.secrets import CannotOpen, open_sealed, seal
from enrichment.models import Hook
from tables import columns, names, upserts
from tables.keys import Matching
from tables.models import Table
from workspaces import audit
from workspaces.refusals import Refused
from workspaces.tokens import hash_token, new_token

ADDRESS = "/api/v1/hooks/"  # followed by the secret
_NAMED = 20  # columns in one message


def secret_of(table: Table) -> str | None:
    """Returns the secret of the table's address, None where it has none. Raises CannotOpen."""
    hook = Hook.objects.filter(table=table).first()
    return open_sealed(hook.sealed)["secret"] if hook else None


def renew(table: Table) -> str:
    """Returns a new secret, and from now on the one before opens nothing."""
    secret = new_token("hook_")
    hashed_and_sealed = {"digest": hash_token(secret), "sealed": seal({"secret": secret})}
    with transaction.atomic():
        _, is_new = Hook.objects.update_or_create(table=table, defaults=hashed_and_sealed)
        action = "table.hook_created" if is_new else "table.hook_renewed"
        audit.note(table.workspace_id, action, table.name, table.pk)
    return secret


def table_of(secret: str) -> Table | None:
    hook = Hook.objects.select_related("table").filter(digest=hash_token(secret), table__ready=True).first()
    return hook.table if hook else None


def receive(
    table: Table, sent: Sequence[Mapping[str, Any]], how: Matching, *, ignore_unknown: bool = False
) -> upserts.Written:
    """Writes the rows that were sent. Raises Refused, and then nothing is written."""
    unknown = _unknown(table, sent)
    if unknown and not ignore_unknown:
        raise Refused(_explained(table, unknown), field=unknown[0][: names.LONGEST])
    return upserts.write(table, [{key: row[key] for key in row if key not in unknown} for row in sent], how)


def _unknown(table: Table, sent: Sequence[Mapping[str, Any]]) -> list[str]:
    find = columns.by_name_or_id(table)

    def exists(name: str) -> bool:
        try:
            return bool(find(name))
        except Refused:
            return False

    return [name for name in dict.fromkeys(key for row in sent for key in row) if not exists(name)]


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
