"""Secret addresses at which anybody reads the rows of a saved view, without an account, until they end."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from tables import columns, saved_views, storage
from tables.exports import records, text
from tables.models import Column, SavedView, ViewLink
from workspaces import audit
from workspaces.refusals import Refused
from workspaces.tokens import hash_token, new_token

MOST = 20  # of a view
MOST_DAYS = 366
PAGE = 100  # rows
LONGEST = 500  # characters of a value that are shown


# A number of four digits or more as it is written, whose digits all stay; "0042" is a name. As the grid has it.
_LONG_NUMBER = re.compile(r"-?[1-9]\d{3,}(?=(?:\.\d+)?$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as text; a number stands at the right."""

    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What the holder of a link sees: values as text, without columns that the view hides."""

    columns: list[Column]
    rows: list[tuple[int, list[Shown]]]  # with their number in the view, from 1
    offset: int
    total: int

    @property
    def previous(self) -> int | None:
        return max(0, self.offset - PAGE) if self.offset else None

    @property
    def next(self) -> int | None:
        return self.offset + PAGE if self.offset + PAGE < self.total else None


def live(view: SavedView) -> QuerySet[ViewLink]:
    """Returns the links that have not ended, the newest first."""
    return ViewLink.objects.filter(view=view, expires_at__gt=timezone.now())


def create(view: SavedView, days: int) -> tuple[ViewLink, str]:
    """Returns a new link and its address, which cannot be shown again. Raises Refused."""
    with transaction.atomic():
        storage.lock_table(view.table_id)
        ViewLink.objects.filter(view=view, expires_at__lte=timezone.now()).delete()
        if live(view).count() >= MOST:
            raise Refused(f"A view has at most {MOST} links. End one first.")
        token = new_token()
        ends = timezone.now() + timedelta(days=days)
        link = ViewLink.objects.create(
            view=view, token_hash=hash_token(token), created_by=audit.acting(), expires_at=ends
        )
        audit.note(view.table.workspace_id, "view.shared", view.name, view.pk, days=days)
    return link, settings.PUBLIC_URL + reverse("shared_view", args=[token])


def end(link: ViewLink) -> None:
    """Shuts out at once whoever has it."""
    with transaction.atomic():
        link.delete()
        audit.note(link.view.table.workspace_id, "view.unshared", link.view.name, link.view_id)


def find(token: str) -> SavedView | None:
    """Returns the view of a link; None for one that has ended, or whose view or table was deleted."""
    valid = ViewLink.objects.filter(
        token_hash=hash_token(token), expires_at__gt=timezone.now(), view__deleted_at=None, view__table__ready=True
    )
    link = valid.select_related("view__table").first()
    return link.view if link else None


def read(view: SavedView, offset: int) -> Page:
    """Returns a page of the rows that the view shows now. Raises Refused where it can't tell its rows."""
    row_ids = saved_views.row_ids(view.table, str(view.pk))
    shown = saved_views.shown_columns(view, columns.live(view.table))
    offset = min(offset, max(0, len(row_ids) - 1))
    found = records.batches(view.table_id, row_ids[offset : offset + PAGE], shown)
    rows = [[_shown(column, record.get(str(column.pk))) for column in shown] for batch in found for record in batch]
    return Page(shown, list(enumerate(rows, offset + 1)), offset, len(row_ids))


def _shown(column: Column, value: object) -> Shown:
    words = text.of(value)
    if column.type == "number":
        words = _LONG_NUMBER.sub(lambda number: f"{int(number[0]):,}", words)
    is_number = column.type == "number" or (isinstance(value, int | float) and not isinstance(value, bool))
    return Shown(_shortened(words), is_number)


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value):,} characters)"
