"""Uploads: one call imports a file; with `stage=1` it is looked at first."""

from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router, Schema, Status, UploadedFile

from enrichment import lookup
from enrichment.api.auth import actor
from tables.imports import uploads
from workspaces.models import Role

router = Router(tags=["Imports"])


class Options(Schema):
    """Options that are left out are detected."""

    has_header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self.model_dump().items() if value not in (None, "")}


class Upload(Options):
    name: str | None = None
    table: str | None = None

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in super().given().items() if name not in ("name", "table")}


class Look(Schema):
    options: Options = Options()


class Begin(Look):
    name: str | None = None


@router.post("/imports", response={201: dict, 202: dict}, summary="Upload a file")
def upload(
    request: HttpRequest, file: File[UploadedFile], form: Form[Upload], stage: bool = False
) -> Status[dict[str, Any]]:
    """Imports the file in the background. With `stage=1`, returns a preview and waits for `start`."""
    who = actor(request)
    who.require(Role.EDITOR)
    table = lookup.table(who, form.table, Role.EDITOR) if form.table else None
    received = uploads.receive(who, file, name=form.name, table=table, options=form.given())
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
    staged = lookup.import_(actor(request), import_id, Role.EDITOR)
    uploads.choose(staged, options=body.options.given())
    return uploads.preview(staged)


@router.post("/imports/{import_id}/start", response={202: dict}, summary="Start a staged import")
def start(request: HttpRequest, import_id: str, body: Begin) -> Status[dict[str, Any]]:
    """Imports a staged file with these options."""
    staged = lookup.import_(actor(request), import_id, Role.EDITOR)
    uploads.choose(staged, options=body.options.given(), name=body.name)
    uploads.start(staged)
    return Status(202, uploads.as_json(staged))


@router.delete("/imports/{import_id}", summary="Cancel an import")
def cancel(request: HttpRequest, import_id: str) -> dict[str, Any]:
    """Cancels the import. Nothing of it is kept."""
    running = lookup.import_(actor(request), import_id, Role.EDITOR)
    uploads.cancel(running)
    return uploads.as_json(running)
