"""Columns of a table: made, named, moved, deleted and brought back."""

import unicodedata
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from tables import conversion, events
from tables.models import Column, ColumnType, Table
from workspaces.refusals import Refused

MOST = 500  # live columns of a table
LONGEST_NAME = 200
NARROWEST, WIDEST = 40, 2000  # px
WIDTH_OF_COMPUTED = 240


def live(table: Table) -> list[Column]:
    return list(Column.objects.filter(table=table))


def create(table: Table, name: str, type: str = ColumnType.TEXT, position: int | None = None) -> Column:
    """At the end, or before the column that has this position now. Raises Refused."""
    with transaction.atomic():
        others = _locked(table.pk)
        if len(others) >= MOST:
            raise Refused(f"A table holds at most {MOST} columns. Delete one first.", field="column")
        kind = _type(type)
        column = Column(table=table, name=_free_name(name, others), type=kind, position=len(others))
        column.width = WIDTH_OF_COMPUTED if kind.is_computed else column.width
        column.save()
        _arrange(others, column, len(others) if position is None else position)
        _announce(table.pk)
    return column


def rename(column: Column, name: str) -> None:
    """Raises Refused. References follow: they are kept by id."""
    with transaction.atomic():
        column.name = _free_name(name, [other for other in _locked(column.table_id) if other.pk != column.pk])
        column.save(update_fields=["name"])
        _announce(column.table_id)


def change_type(column: Column, type: str) -> None:
    """What can be read as the new type is converted, the rest stays as written. Raises Refused."""
    wanted = _type(type)
    if wanted == column.type:
        return
    if column.is_computed or wanted.is_computed:
        raise Refused(f"“{column.name}” cannot become another kind of column. Add a new one.", field="type")
    with transaction.atomic():
        column.type = wanted
        column.save(update_fields=["type"])
        conversion.start(column)
        _announce(column.table_id)


def resize(column: Column, width: int) -> None:
    column.width = max(NARROWEST, min(width, WIDEST))
    column.save(update_fields=["width"])
    _announce(column.table_id)


def display(column: Column, *, hidden: bool | None = None, pinned: bool | None = None) -> None:
    """Whether the grid shows it, and whether it stays at the left there."""
    column.hidden = column.hidden if hidden is None else hidden
    column.pinned = column.pinned if pinned is None else pinned
    column.save(update_fields=["hidden", "pinned"])
    _announce(column.table_id)


def move(column: Column, position: int) -> None:
    """Between the others, so that it has this position; beyond the end means last."""
    with transaction.atomic():
        others = [other for other in _locked(column.table_id) if other.pk != column.pk]
        _arrange(others, column, position)
        _announce(column.table_id)


def delete(column: Column) -> None:
    """Its values and results stay, so that it can be restored."""
    with transaction.atomic():
        column.deleted_at = timezone.now()
        column.save(update_fields=["deleted_at"])
        _number(_locked(column.table_id))
        _announce(column.table_id)


def restore(column: Column) -> None:
    """Where it was, under another name if its own is taken since."""
    with transaction.atomic():
        others = [other for other in _locked(column.table_id) if other.pk != column.pk]
        if len(others) >= MOST:
            raise Refused(f"A table holds at most {MOST} columns. Delete one first.", field="column")
        column.name = _numbered(column.name, {other.name for other in others})
        column.deleted_at = None
        column.save(update_fields=["name", "deleted_at"])
        _arrange(others, column, column.position)
        _announce(column.table_id)


def unique_name(table: Table, wanted: str) -> str:
    """`wanted`, tidied, or with the first free number behind it: “Name”, “Name 2”."""
    return _numbered(tidy(wanted) or "Column", {column.name for column in live(table)})


def by_name_or_id(table: Table) -> Callable[[str | int], Column]:
    """Finds live columns; a name wins over an id. Raises Refused."""
    columns = live(table)
    by_name = {column.name: column for column in columns}
    by_id = {str(column.pk): column for column in columns}

    def find(key: str | int) -> Column:
        text = str(key)
        found = by_name.get(text) or by_id.get(text) or by_name.get(tidy(text))
        if found is None:
            raise Refused(f"There is no column “{text[:LONGEST_NAME]}”.", field=text[:LONGEST_NAME])
        return found

    return find


def tidy(name: str) -> str:
    """On one line, trimmed, NFC, as references to it are compared."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return unicodedata.normalize("NFC", " ".join(printable.split()))[:LONGEST_NAME].rstrip()


def _free_name(name: str, others: list[Column]) -> str:
    if len(name.strip()) > LONGEST_NAME:
        raise Refused(f"A column name has at most {LONGEST_NAME} characters.", field="name")
    free = tidy(name)
    if not free:
        raise Refused("Give the column a name.", field="name")
    if any(other.name == free for other in others):
        raise Refused(f"There is already a column “{free}”. Choose another name.", code="conflict", field="name")
    return free


def _numbered(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        ending = f" {number}"
        name = wanted[: LONGEST_NAME - len(ending)] + ending
    return name


def _type(type: str) -> ColumnType:
    if type not in ColumnType.values:
        raise Refused(f"“{type}” is not a type of column. Use one of {', '.join(ColumnType.values)}.", field="type")
    return ColumnType(type)


def _locked(table_id: int) -> list[Column]:
    """The live columns in order; nobody else changes them until the transaction ends."""
    Table.objects.select_for_update().get(pk=table_id)
    return list(Column.objects.filter(table_id=table_id))


def _arrange(others: list[Column], column: Column, position: int) -> None:
    at = max(0, min(position, len(others)))
    _number([*others[:at], column, *others[at:]])


def _number(columns: list[Column]) -> None:
    moved = [(column, number) for number, column in enumerate(columns) if column.position != number]
    for column, number in moved:
        column.position = number
    Column.objects.bulk_update([column for column, _ in moved], ["position"])


def _announce(table_id: int) -> None:
    transaction.on_commit(lambda: events.publish_columns(table_id))
