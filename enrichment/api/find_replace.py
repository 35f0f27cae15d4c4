"""Find and replace in what people typed."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables import find_replace, replacements
from tables.find_replace import Replacer, Search
from workspaces.models import Role

router = Router(tags=["Rows"])


class Find(Body):
    """Looks in all plain columns unless `columns` names some, and in all rows unless `ids` or a filter narrows them."""

    find: str
    match_case: bool = False
    whole_cell: bool = False
    columns: list[int | str] = []
    ids: list[int | str] | None = None
    filter: list[dict[str, Any]] = []
    search: str = ""
    errors: bool = False
    replace: str | None = None

    def asked(self) -> Search:
        fields = self.model_dump(exclude={"replace", "columns", "ids"})
        ids = None if self.ids is None else [lookup.number(pk) for pk in self.ids]
        return Search(**fields, columns=[lookup.number(pk) for pk in self.columns], ids=ids)


class Replace(Find):
    replace: str


@router.post("/tables/{table_id}/find", summary="Find cells")
def find(request: HttpRequest, table_id: str, body: Find) -> dict[str, Any]:
    """Returns how many cells hold the text, and with `replace` how many would change; nothing is changed.

    `refused` are those that their column would refuse, for a `reason` like that of the first. Without `complete`, there
    are more: it stops counting after five seconds.
    """
    table = lookup.table(actor(request), table_id)
    return find_replace.as_json(find_replace.count(Replacer(table, body.asked(), body.replace)))


@router.post("/tables/{table_id}/replace", summary="Find and replace")
def replace(request: HttpRequest, table_id: str, body: Replace) -> dict[str, Any]:
    """Replaces a text in cells that people fill. What a column refuses stays, and is counted in `refused`.

    Very many take a worker some time: `state` is `running`, and `GET /edits/{id}` has the progress.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    return replacements.as_json(replacements.replace(table, body.asked(), body.replace))


@router.get("/edits/{edit_id}", summary="Get a large edit")
def get_edit(request: HttpRequest, edit_id: str) -> dict[str, Any]:
    """Returns how far a replacement or the emptying of columns is, or the undoing of one."""
    return replacements.as_json(lookup.edit(actor(request), edit_id))


@router.post("/edits/{edit_id}/stop", summary="Stop a large edit")
def stop(request: HttpRequest, edit_id: str) -> dict[str, Any]:
    """Ends it where it is. What is changed by then stays so, and can be undone."""
    edit = lookup.edit(actor(request), edit_id, Role.EDITOR)
    replacements.stop(edit)
    return replacements.as_json(edit)


@router.post("/edits/{edit_id}/undo", summary="Undo a large edit")
def undo(request: HttpRequest, edit_id: str) -> dict[str, Any]:
    """Writes what stood there before, except in cells that were changed since, which are counted in `refused`.

    What it returns can be undone in turn. Large ones are stored for 7 days, others for 90.
    """
    return replacements.as_json(replacements.undo(lookup.edit(actor(request), edit_id, Role.EDITOR)))
