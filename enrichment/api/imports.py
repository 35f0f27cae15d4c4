"""Uploads: one call imports a file; with `stage=1` it is looked at first."""

import json
from contextlib import suppress
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from ninja import Field, File, Form, Router, Status, UploadedFile
from pydantic import field_validator

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables.imports import checks, rejected, undoing, uploads
from tables.models import Import
from workspaces.models import Role

router = Router(tags=["Imports"])


class Goes(Body):
    """Where a column of the file goes: `to` is a column's name or id, or the name of a new one; null leaves it out.

    With `is_new`, `to` is no id: a new column may have a number as its name. With `as_text`, the column of the table
    becomes one of texts, so that no value is left blank for its type.
    """

    from_: str = Field(alias="from")
    to: str | int | None = None
    is_new: bool = False
    type: str | None = None
    as_text: bool = False


class Options(Body):
    """How the file is read and where its values go. Options that are left out are detected."""

    has_header: bool | None = None
    header_row: int | None = None
    skip_lines: int | None = None
    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    list_path: str | None = None
    spread: bool | None = None
    repeat_merged: bool | None = None
    columns: list[Goes] | None = None
    key: list[str | int] | str | int | None = None
    match: str | None = None
    on_match: str | None = None
    keep_blank: bool | None = None

    def chosen(self) -> dict[str, Any]:
        """Returns the options that were given; a blank one was not, but for `quote`, where it means none."""
        given = self.model_dump(by_alias=True)
        if self.key is not None:
            keys = self.key if isinstance(self.key, list) else [self.key]
            given["key"] = [name for key in keys for name in _listed(key)]
        return {name: value for name, value in given.items() if value is not None and (value != "" or name == "quote")}


def _listed(key: str | int) -> list[str | int]:
    """Returns a key of several columns, which a form holds as a JSON list, or of one column."""
    if isinstance(key, str) and key.startswith("["):
        with suppress(ValueError):
            return [item if isinstance(item, str | int) else str(item) for item in json.loads(key)]
    return [key] if key != "" else []


class Upload(Options):
    """`columns` is a JSON list, because a form holds texts."""

    name: str | None = None
    table: str | None = None

    @field_validator("columns", mode="before")
    @classmethod
    def from_json(cls, given: Any) -> Any:
        if isinstance(given, list) and len(given) == 1 and isinstance(given[0], str):
            given = given[0]  # how the fields of a form arrive
        return json.loads(given) if isinstance(given, str) and given else given


class Look(Body):
    options: Options = Options()


class Begin(Look):
    name: str | None = None


@router.post("/imports", response={201: dict, 202: dict}, summary="Upload a file")
def upload(
    request: HttpRequest, file: File[UploadedFile], form: Form[Upload], stage: bool = False
) -> Status[dict[str, Any]]:
    """Imports the file in the background. With `stage=1`, returns a preview and waits for `start`."""
    who = actor(request)
    table = lookup.table(who, form.table, Role.EDITOR) if form.table else None
    if table is None:
        who.require(Role.EDITOR)
    given = form.chosen()
    received = uploads.receive(who, file, name=form.name, table=table, options=given, into=given, stage=stage)
    if stage:
        return Status(201, uploads.as_json(received) | {"preview": uploads.preview(received)})
    uploads.start(received)
    return Status(202, uploads.as_json(received))


@router.get("/imports/{import_id}", summary="Get an import")
def get_import(request: HttpRequest, import_id: str) -> dict[str, Any]:
    """Returns the state and progress of the import."""
    return uploads.as_json(lookup.import_(actor(request), import_id))


@router.post("/imports/{import_id}/preview", summary="Preview an import")
def preview(request: HttpRequest, import_id: str, body: Look) -> dict[str, Any]:
    """Returns the first rows of a staged file, read with these options. Options that you leave out are detected."""
    return uploads.preview(_chosen(request, import_id, body))


@router.post("/imports/{import_id}/check", response={202: dict}, summary="Check a staged import")
def check(request: HttpRequest, import_id: str, body: Look) -> Status[dict[str, Any]]:
    """Looks at the whole file in the background without importing it. `GET /imports/{id}` has the result in `check`."""
    staged = _chosen(request, import_id, body)
    uploads.check(staged, places=True)
    checks.start(staged)
    return Status(202, uploads.as_json(staged))


@router.post("/imports/{import_id}/start", response={202: dict}, summary="Start a staged import")
def start(request: HttpRequest, import_id: str, body: Begin) -> Status[dict[str, Any]]:
    """Imports a staged file with these options."""
    staged = _chosen(request, import_id, body, body.name)
    uploads.check(staged, places=True)
    uploads.start(staged)
    return Status(202, uploads.as_json(staged))


def _chosen(request: HttpRequest, import_id: str, body: Look, name: str | None = None) -> Import:
    staged = lookup.import_(actor(request), import_id, Role.EDITOR)
    given = body.options.chosen()
    uploads.choose(staged, options=given, into=given, name=name)
    return staged


@router.get("/imports/{import_id}/rejected", summary="Get the rejected rows")
def get_rejected(request: HttpRequest, import_id: str) -> FileResponse:
    """Returns the rows of the file that did not come in as a CSV file, each with its line and the reason."""
    done = lookup.import_(actor(request), import_id)
    path = rejected.path_of(done)
    if done.state != Import.State.DONE or not path.exists():
        raise Http404
    return FileResponse(path.open("rb"), content_type="text/csv; charset=utf-8", filename=rejected.name_of(done))


@router.post("/imports/{import_id}/undo", response={200: dict, 202: dict}, summary="Undo an import")
def undo(request: HttpRequest, import_id: str) -> Status[dict[str, Any]]:
    """Deletes the rows that the import added, and gives those that it updated their old values. Later edits stay.

    Very many take a worker some time: until it is `undone_at`, `GET /imports/{id}` has the progress in `undo`. What was
    stopped goes on.
    """
    done = lookup.import_(actor(request), import_id, Role.EDITOR)
    undoing.undo(done)
    return Status(200 if done.undone_at else 202, uploads.as_json(done))


@router.post("/imports/{import_id}/undo/stop", summary="Stop undoing an import")
def stop_undo(request: HttpRequest, import_id: str) -> dict[str, Any]:
    """Ends it where it is: `undo` says how many rows are as they were. Undoing it again goes on from there."""
    done = lookup.import_(actor(request), import_id, Role.EDITOR)
    undoing.stop(done)
    return uploads.as_json(done)


@router.get("/tables/{table_id}/imports", summary="List the imports into a table")
def list_imports(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the imports that are done, the newest first."""
    table = lookup.table(actor(request), table_id)
    return {"items": [uploads.as_json(done) for done in uploads.into_table(table)]}


@router.delete("/imports/{import_id}", summary="Cancel an import")
def cancel(request: HttpRequest, import_id: str) -> dict[str, Any]:
    """Cancels the import. Nothing of it is kept."""
    running = lookup.import_(actor(request), import_id, Role.EDITOR)
    uploads.cancel(running)
    return uploads.as_json(running)
