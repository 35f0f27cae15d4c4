"""Looks things up among what the caller finds: what belongs to another workspace, or to a table that isn't shared with
them, is not found. The role that is asked for is the one that they have in the table, or else in the workspace.
"""

from django.db.models import QuerySet
from django.http import Http404

from enrichment.models import Connection, ListRows, Run, Source
from tables import access, deletions
from tables.models import Column, Comment, Deletion, Edit, Import, Row, SavedView, Table, ViewLink
from workspaces import ids
from workspaces.actors import Actor
from workspaces.models import Role


def number(text: str | int) -> int:
    """Raises Http404 for what cannot be an id."""
    parsed = ids.parse(text)
    if parsed is None:
        raise Http404
    return parsed


def tables(who: Actor) -> QuerySet[Table]:
    return access.live(who)


def table(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Table:
    return _allowed(who, tables(who).filter(pk=number(pk)).first(), role)


def deleted_table(who: Actor, pk: str | int, role: Role) -> Table:
    deleted = access.every(who).filter(deleted_at__isnull=False)
    return _allowed(who, deleted.filter(pk=number(pk)).first(), role)


def column(who: Actor, pk: str | int, role: Role = Role.VIEWER, *, deleted: bool = False) -> Column:
    columns = Column.with_deleted if deleted else Column.objects
    visible = columns.filter(table__in=tables(who)).select_related("table")
    return _allowed(who, visible.filter(pk=number(pk)).first(), role)


def row(who: Actor, table_pk: str | int, pk: str | int, role: Role = Role.VIEWER) -> Row:
    rows = Row.objects.filter(table__in=tables(who), table=number(table_pk), pk=number(pk))
    return _allowed(who, rows.select_related("table").first(), role)


def comment(who: Actor, pk: str | int, *, deleted: bool = False) -> Comment:
    """Finds none on a row that is in the trash; those that were deleted only where they are asked for."""
    comments = Comment.with_deleted if deleted else Comment.objects
    found = comments.filter(table__in=tables(who), pk=number(pk)).select_related("table").first()
    if found and not Row.objects.filter(pk=found.row_id).exists():
        found = None
    return _allowed(who, found, Role.VIEWER)


def edit(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Edit:
    found = Edit.objects.filter(table__in=tables(who)).filter(task__has_key="found")
    return _allowed(who, found.select_related("table").filter(pk=number(pk)).first(), role)


def connection(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Connection:
    return _allowed(who, Connection.objects.filter(workspace=who.workspace, pk=number(pk)).first(), role)


def source(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Source:
    found = Source.objects.filter(table__in=tables(who), pk=number(pk)).select_related("table__workspace", "connection")
    return _allowed(who, found.first(), role)


def run(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Run:
    runs = Run.objects.filter(table__in=access.every(who)).select_related("column__table")
    return _allowed(who, runs.filter(pk=number(pk)).first(), role)


def import_(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Import:
    found = access.imports(who).select_related("table", "target").filter(pk=number(pk))
    return _allowed(who, found.first(), role)


def list_rows(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> ListRows:
    found = ListRows.objects.filter(table__in=tables(who)).select_related("column__table", "table")
    return _allowed(who, found.filter(pk=number(pk)).first(), role)


def deletion(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> Deletion:
    return _allowed(who, deletions.found(who).filter(pk=number(pk)).first(), role)


def saved_view(who: Actor, pk: str | int, role: Role = Role.VIEWER, *, deleted: bool = False) -> SavedView:
    views = SavedView.objects.filter(table__in=tables(who), deleted_at__isnull=not deleted).select_related("table")
    return _allowed(who, views.filter(pk=number(pk)).first(), role)


def view_link(who: Actor, pk: str | int, role: Role = Role.VIEWER) -> ViewLink:
    links = ViewLink.objects.filter(view__table__in=tables(who)).select_related("view__table")
    return _allowed(who, links.filter(pk=number(pk)).first(), role)


def _allowed[Thing](who: Actor, thing: Thing | None, role: Role) -> Thing:
    """Raises Http404 for nothing, Refused for a lower role."""
    if thing is None:
        raise Http404
    table = _table_of(thing) if role != Role.VIEWER else None
    (access.within(who, table) if table else who).require(role)
    return thing


def _table_of(thing: object) -> Table | None:
    """Returns the table that something belongs to; None for what belongs to the workspace."""
    match thing:
        case Table():
            return thing
        case Column() | Comment() | Deletion() | Edit() | ListRows() | Row() | SavedView() | Source():
            return thing.table
        case Import():
            return thing.target or thing.table
        case Run():
            return thing.column.table
        case ViewLink():
            return thing.view.table
        case _:
            return None
