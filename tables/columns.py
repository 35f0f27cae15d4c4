"""Columns of a table: created, named, moved, deleted and restored."""

from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from tables import backfills, deletions, events, names, storage
from tables.models import Column, ColumnType, Deletion, Table
from workspaces.refusals import Refused

MOST = 500  # live columns of a table
NARROWEST, WIDEST = 40, 2000  # px
WIDTH_OF_COMPUTED = 240
BY_NAME, BY_ID = "name:", "id:"  # before a text that is to be one of them, and not the other


def live(table: Table) -> list[Column]:
    """Returns the columns that are not deleted, in order."""
    return list(Column.objects.filter(table=table))


def create(table: Table, name: str, type: str = ColumnType.TEXT, position: int | None = None) -> Column:
    """Creates a column at the end, or before the one that has this position now. Raises Refused.

    The first one of a table is pinned: it names the rows.
    """
    with transaction.atomic():
        others = _locked(table.pk)
        _check_room(others)
        kind = _type(type)
        column = Column(table=table, name=_free_name(name, others), type=kind, position=len(others))
        column.width = WIDTH_OF_COMPUTED if kind.is_computed else column.width
        column.pinned = not others
        column.save()
        _arrange(others, column, len(others) if position is None else position)
        _announce(table.pk)
    return column


def create_several(table: Table, wanted: Sequence[str], type: ColumnType, position: int) -> list[Column]:
    """Creates columns of one computed type before the one that has this position now, under free names.

    Raises Refused for too many.
    """
    with transaction.atomic():
        others = _locked(table.pk)
        made: list[Column] = []
        for name in wanted:
            _check_room([*others, *made])
            free = names.first_free(names.tidy(name) or "Column", {column.name for column in [*others, *made]})
            made.append(Column(table=table, name=free, type=type, position=position, width=WIDTH_OF_COMPUTED))
        Column.objects.bulk_create(made)
        _number([*others[:position], *made, *others[position:]])
        _announce(table.pk)
    return made


def adopt(table: Table, new: Sequence[Column]) -> None:
    """Gives columns of another table to this one, after its last one, under free names. Raises Refused for too many."""
    others = _locked(table.pk)
    for column in new:
        _check_room(others)
        column.name = names.first_free(column.name, {other.name for other in others})
        column.table, column.position = table, len(others)
        column.save(update_fields=["table", "name", "position"])
        others.append(column)
    if new:
        _announce(table.pk)


def rename(column: Column, name: str) -> None:
    """Renames the column; references follow, because they are stored by id. Raises Refused."""
    with transaction.atomic():
        column.name = _free_name(name, _others(column))
        column.save(update_fields=["name"])
        _announce(column.table_id)


def change_type(column: Column, type: str) -> None:
    """Converts what can be read as the new type, and leaves the rest as written. Raises Refused."""
    new_type = _type(type)
    if new_type == column.type:
        return
    if column.is_computed or new_type.is_computed:
        raise Refused(f"“{column.name}” cannot become another kind of column. Add a new one.", field="type")
    with transaction.atomic():
        column.type = new_type
        column.save(update_fields=["type"])
        backfills.convert(column)
        _announce(column.table_id)


def resize(column: Column, width: int) -> None:
    """Sets the width in px, within what the grid can show; it is no longer fitted to the values."""
    column.width = max(NARROWEST, min(width, WIDEST))
    column.fitted = False
    column.save(update_fields=["width", "fitted"])
    _announce(column.table_id)


def display(column: Column, *, hidden: bool | None = None, pinned: bool | None = None) -> None:
    """Sets whether the grid shows the column, and whether it stays at the left there."""
    column.hidden = column.hidden if hidden is None else hidden
    column.pinned = column.pinned if pinned is None else pinned
    column.save(update_fields=["hidden", "pinned"])
    _announce(column.table_id)


def move(column: Column, position: int) -> None:
    """Puts it among the others so that it has this position; beyond the end means last."""
    with transaction.atomic():
        others = _others(column)
        _arrange(others, column, position)
        _announce(column.table_id)


def delete(column: Column) -> None:
    """Hides the column; its values and results stay, so that it can be restored from the trash."""
    with transaction.atomic():
        storage.lock_table(column.table_id)
        now = timezone.now()
        if not Column.objects.filter(pk=column.pk).update(deleted_at=now):
            return
        column.deleted_at = now
        deletions.record(Deletion.Kind.COLUMN, column.table, column=column, name=column.name, at=now)
        _number(_locked(column.table_id))
        _announce(column.table_id)


def restore(column: Column) -> None:
    """Puts the column back where it was, under another name if its own has been taken since. Raises Refused."""
    with transaction.atomic():
        others = _others(column)
        _check_room(others)
        deletions.take(Deletion.objects.filter(column=column))
        column.name = names.first_free(column.name, {other.name for other in others})
        column.deleted_at = None
        column.save(update_fields=["name", "deleted_at"])
        _arrange(others, column, column.position)
        _announce(column.table_id)


def unique_name(table: Table, name: str) -> str:
    """Returns the name, tidied, with the first free number after it where a column has it: “Name”, “Name 2”."""
    return names.first_free(names.tidy(name) or "Column", {column.name for column in live(table)})


def by_name_or_id(table: Table) -> Callable[[str | int], Column]:
    """Returns a function that finds live columns: by an id that is a number, and by a text that is a name or an id.

    `name:12` and `id:12` say which of both a text is. The function raises Refused, also for a text that is the name of
    one column and the id of another: whichever of them was taken, it would sometimes be the wrong one.
    """
    columns = live(table)
    by_name = {column.name: column for column in columns}
    by_id = {str(column.pk): column for column in columns}

    def meant(text: str) -> list[Column]:
        name = by_name.get(text) or by_name.get(names.tidy(text)) or by_name.get(names.tidy(text.removeprefix(BY_NAME)))
        number = by_id.get(text.removeprefix(BY_ID))
        return [column for column in (name, number) if column]

    def find(key: str | int) -> Column:
        text = str(key)
        found = meant(f"{BY_ID}{key}" if isinstance(key, int) else key)
        if len(set(found)) > 1:
            words = f"“{text}” is the name of a column and the id of “{found[1].name}”."
            raise Refused(f"{words} Write {BY_NAME}{text} or {BY_ID}{text}.", field=text)
        column = next(iter(found), None)
        if column is None:
            raise Refused(f"There is no column “{text[: names.LONGEST]}”.", field=text[: names.LONGEST])
        return column

    return find


def _free_name(name: str, others: list[Column]) -> str:
    if len(name.strip()) > names.LONGEST:
        raise Refused(f"A column name has at most {names.LONGEST} characters.", field="name")
    free = names.given(name)
    if not free:
        raise Refused("Enter a name for the column.", field="name")
    if any(other.name == free for other in others):
        raise Refused(f"There is already a column “{free}”. Choose another name.", code="conflict", field="name")
    return free


def _check_room(others: list[Column]) -> None:
    if len(others) >= MOST:
        raise Refused(f"A table holds at most {MOST} columns. Delete one first.", field="column")


def _type(type: str) -> ColumnType:
    if type not in ColumnType.values:
        raise Refused(f"“{type}” is not a type of column. Use one of {', '.join(ColumnType.values)}.", field="type")
    return ColumnType(type)


def _locked(table_id: int) -> list[Column]:
    """Returns the live columns in order; nobody else changes them until the transaction ends."""
    storage.lock_table(table_id)
    return list(Column.objects.filter(table_id=table_id))


def _others(column: Column) -> list[Column]:
    return [other for other in _locked(column.table_id) if other.pk != column.pk]


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
