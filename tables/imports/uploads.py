"""An uploaded file until a worker takes it: stored, looked at, read another way, started or cancelled."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tables import access, catalog, dispatch, names
from tables.imports import mapping, rejected, undoing
from tables.imports.mapping import Choices
from tables.imports.readers import formats
from tables.imports.readers.sheet import NumberedRow, Options, Rows, Sheet, Waiting, silent
from tables.models import Import, ImportChange, Table
from tables.storable import storable
from workspaces import audit
from workspaces.actors import Actor
from workspaces.refusals import Refused

TASK = "tables.run_import"
PREVIEWED = 20  # rows
_READ_WITH_ROWS = ("rows", "rejected")
COUNTED = ("added", "updated", "skipped", "rejected", "repeated", "left_blank")
_NOT_STORED = (Import.State.STAGED, Import.State.FETCHING, Import.State.QUEUED)
_TAKEN_OVER = "The worker of this import stopped, so another one took it over. No row came in twice."
SAMPLED = 200  # rows that the types of the columns are guessed from

# Called in the transaction in which an import is done, fails or is cancelled.
ended: list[Callable[[Import], None]] = []


def receive(
    actor: Actor,
    file: "File[bytes]",
    *,
    name: str | None = None,
    table: Table | None = None,
    options: Mapping[str, Any] | None = None,
    into: Mapping[str, Any] | None = None,
    stage: bool = False,
) -> Import:
    """Stores the file and looks at its beginning; `table` is the one to add to, `into` holds `mapping.Choices`.

    Raises Refused for a file that cannot be read, and unless the rest is to be chosen (`stage`), for one whose columns
    have no place in the table; then nothing is stored.
    """
    filename = Path(file.name or "file").name[-255:]
    how, where = _known(options or {}, Options), _known(into or {}, Choices)
    path = _store(file, filename)
    staged = Import(
        workspace=actor.workspace,
        created_by=actor.user,
        target=table,
        filename=filename,
        path=path.name,
        name=names.given(name or "") or _name_after(filename, None if table else actor),
        options=how,
        into=where,
        state=Import.State.STAGED,
    )
    try:
        check(staged, places=not stage)
        staged.save()
    except Exception:
        path.unlink(missing_ok=True)
        raise
    return staged


def _name_after(filename: str, actor: Actor | None) -> str:
    """Returns the name of the file, for a new table of somebody with a number where they find one of this name."""
    tables = access.live(actor) if actor else Table.objects.none()
    return names.first_free(names.tidy(Path(filename).stem) or "Table", set(tables.values_list("name", flat=True)))


def _store(file: "File[bytes]", filename: str) -> Path:
    """Copies the file into the folder of uploads, under a name of its own with the suffix of the file's."""
    suffix = Path(filename).suffix.lower()
    if suffix not in formats.READERS:
        words = f"“{filename}” is not a file type Marl can read. Upload one of {', '.join(formats.READERS)}."
        raise Refused(words, code="unsupported_type", field="file")
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        most = settings.MAX_UPLOAD_BYTES // 1024 // 1024
        words = f"The file is larger than {most} MiB. Split it, or raise MARL_MAX_UPLOAD_MB."
        raise Refused(words, code="too_large", field="file")
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}{suffix}"
    try:
        with path.open("wb") as stored:
            for chunk in file.chunks():
                stored.write(chunk)
    except OSError:
        path.unlink(missing_ok=True)  # half a file, on a disk that is full
        raise
    return path


def check(staged: Import, *, places: bool) -> None:
    """Raises Refused for a file that cannot be read with its options, and for columns that have no place."""
    choices = Choices(**staged.into)
    with opened(staged, is_preview=True) as sheet:
        if places:
            mapping.key_places(mapping.places(staged.target, sheet.columns, choices), choices.key)


def choose(
    staged: Import,
    *,
    options: Mapping[str, Any] | None = None,
    into: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> None:
    """Changes how the file is to be read, where it goes, and what the table will be called.

    Raises Refused once it is started.
    """
    if staged.state != Import.State.STAGED:
        raise _started()
    staged.options = _known(options or {}, Options)
    staged.into = _known(into or {}, Choices)
    Choices(**staged.into)
    staged.name = names.given(name or "") or staged.name
    staged.save(update_fields=["options", "into", "name"])


def preview(staged: Import) -> dict[str, Any]:
    """Returns the first rows as they would be imported, with the options given or detected.

    Where the file cannot be read this way, `problem` says why and the lists are empty.
    """
    try:
        with opened(staged, is_preview=True) as sheet:
            first = list(islice(sheet.rows, SAMPLED))
            rows = [row for _, row in first]
            guess = mapping.proposed(staged.target, sheet.columns, rows)
            described = _described(sheet, first[:PREVIEWED])
            described["warnings"] += mapping.open_days(guess, rows)
            return described | {"columns_guess": guess, "problem": None}
    except Refused as refusal:
        known = {field.name for field in fields(Sheet)}
        given = {name: value for name, value in staged.options.items() if name in known}
        return _described(Sheet([], Rows(iter(())), **given), []) | {"columns_guess": [], "problem": str(refusal)}


def _described(sheet: Sheet, first: Sequence[NumberedRow]) -> dict[str, Any]:
    """Returns what was understood of the file, its first rows, and in `lines` where each of them begins."""
    understood = {
        field.name: getattr(sheet, field.name) for field in fields(sheet) if field.name not in _READ_WITH_ROWS
    }
    nested = {
        name: [asdict(item) for item in understood[name]] for name in ("encodings", "sheets", "lists", "warnings")
    }
    return understood | nested | {"rows": [list(row) for _, row in first], "lines": [line for line, _ in first]}


def start(staged: Import) -> None:
    """Hands it to a worker. Raises Refused when that was done before."""
    is_first = Import.objects.filter(pk=staged.pk, state=Import.State.STAGED).update(
        state=Import.State.QUEUED, heartbeat_at=timezone.now()
    )
    if not is_first:
        raise _started()
    staged.refresh_from_db()
    audit.note(staged.workspace_id, "table.imported", staged.name, staged.pk)
    dispatch.send(TASK, staged.pk)


def cancel(import_: Import) -> None:
    """Ends it at once before a worker stores it, else within a second; nothing of it stays. What is done stays."""
    if not end(import_, Import.State.CANCELLED, before=_NOT_STORED):
        Import.objects.filter(pk=import_.pk, state=Import.State.RUNNING).update(cancel_requested=True)
    import_.refresh_from_db()


def end(
    import_: Import,
    state: Import.State,
    error: str = "",
    *,
    before: tuple[Import.State, ...],
    restarts: int | None = None,
) -> bool:
    """Ends it without a result, unless it has left the states `before`: then somebody else ended or published it.

    With `restarts`, neither is it ended if it has begun again since.
    """
    with transaction.atomic():
        # Read again under its lock: its worker may have made the table meanwhile.
        found = Import.objects.select_for_update().filter(pk=import_.pk, state__in=before).first()
        if found is None or restarts not in (None, found.restarts):
            return False
        _forget_gathered(found)
        found.state, found.error, found.table = state, error, None
        found.save(update_fields=["state", "error", "table"])
        tell_end(found)
    remove_file(found)
    rejected.path_of(found).unlink(missing_ok=True)
    return True


def tell_end(import_: Import) -> None:
    """Tells whoever follows an import, in the transaction in which it ends."""
    for follow in ended:
        follow(import_)


def restart(dead: Import) -> None:
    """Has another worker go on, unless its worker has been heard of since `dead` was read.

    Rows that are stored stay; what they change in others is found again, for those may be edited meanwhile.
    """
    with transaction.atomic():
        silent_ones = Import.objects.filter(
            pk=dead.pk, state=Import.State.RUNNING, restarts=dead.restarts, heartbeat_at=dead.heartbeat_at
        )
        found = silent_ones.select_for_update().first()
        if found is None:
            return
        stored = found.mark.get("rows", 0) if found.table else 0
        again: dict[str, Any] = {"rows_done": stored, "mark": found.mark | {"before": stored}}
        if stored:
            _forget_changes(found)
        else:
            _forget_gathered(found)
            again |= {"table": None, "mark": {}}
        if not found.restarts:
            again["warnings"] = [*found.warnings, {"line": None, "message": _TAKEN_OVER, "column": None}]
        Import.objects.filter(pk=found.pk).update(
            state=Import.State.QUEUED, restarts=found.restarts + 1, heartbeat_at=timezone.now(), **again
        )
    rejected.path_of(found).unlink(missing_ok=True)
    dispatch.send(TASK, found.pk)


def _forget_gathered(found: Import) -> None:
    """Deletes the rows that are in so far, and what was to be written into others."""
    if found.table is not None:
        catalog.purge(found.table)
    _forget_changes(found)


def _forget_changes(found: Import) -> None:
    ImportChange.objects.filter(import_job=found)._raw_delete(using=connection.alias)


def opened(import_: Import, *, is_preview: bool = False, waiting: Waiting = silent) -> AbstractContextManager[Sheet]:
    """Opens the file with the options given for it. Raises Refused, here or while the rows are read."""
    options = Options(**import_.options, keeps_blank_rows=not import_.into.get("key"))
    try:
        return formats.opened(path_of(import_), options, is_preview=is_preview, waiting=waiting)
    except FileNotFoundError:
        raise Refused("The uploaded file is no longer there. Upload it again.", code="conflict") from None


def path_of(import_: Import) -> Path:
    return Path(settings.MEDIA_ROOT) / import_.path


def remove_file(import_: Import) -> None:
    """A copy of a table has none."""
    if import_.path:
        path_of(import_).unlink(missing_ok=True)


def into_table(table: Table) -> QuerySet[Import]:
    """Returns the imports into the table, and the one that made it, the newest first."""
    done = Import.objects.filter(Q(target=table) | Q(table=table), state=Import.State.DONE)
    return done.select_related("table", "target").order_by("-pk")


def as_json(import_: Import) -> dict[str, Any]:
    """Returns the import of the API; it names its table once all rows are in it."""
    is_done = import_.state == Import.State.DONE
    counts: dict[str, Any] = (
        dict.fromkeys(("added", "updated", "skipped", "rejected", "repeated", "left_blank"), 0) | import_.counts
    )
    end = undoing.until(import_)
    return counts | {
        "id": import_.pk,
        "state": Import.State.RUNNING if import_.state == Import.State.FETCHING else import_.state,
        "rows_done": import_.rows_done,
        "rows_total": import_.rows_total,
        "table_id": import_.target_id or (import_.table_id if is_done else None),
        "error": import_.error or None,
        "name": import_.name,
        "filename": import_.filename,
        "warnings": import_.warnings,
        "has_rejected": is_done and rejected.path_of(import_).exists(),
        "restarts": import_.restarts,
        "rows_per_second": _speed(import_),
        "seconds_left": _seconds_left(import_),
        "created_at": import_.created_at.isoformat(),
        "finished_at": import_.finished_at.isoformat() if import_.finished_at else None,
        "can_undo_until": end.isoformat() if end else None,
        "undone_at": import_.undone_at.isoformat() if import_.undone_at else None,
        "undo": undoing.progress(import_),
        "check_state": import_.check_state or "none",
        "check": import_.check_found,
    }


def _speed(import_: Import) -> float | None:
    """Returns the rows a second since it was started, or taken over: that worker stores only what comes after."""
    stored = import_.rows_done - int(import_.mark.get("before", 0))
    if not import_.started_at or not stored:
        return None
    end = import_.finished_at or import_.heartbeat_at or timezone.now()
    return round(stored / max(0.1, (end - import_.started_at).total_seconds()), 1)


def _seconds_left(import_: Import) -> int | None:
    speed = _speed(import_)
    if not speed or not import_.rows_total or import_.state != Import.State.RUNNING:
        return None
    return round((import_.rows_total - import_.rows_done) / speed)


def _started() -> Refused:
    return Refused("This file is already being imported.", code="conflict", field="file")


def _known(given: Mapping[str, Any], of: type[Options | Choices]) -> dict[str, Any]:
    """Raises Refused."""
    chosen = {field.name for field in fields(of)} - {"keeps_blank_rows"}
    known = {name: value for name, value in given.items() if name in chosen and value is not None}
    if odd := next((name for name, value in known.items() if storable(value) != value), None):
        raise Refused(f"“{odd}” has a character that cannot be stored: U+0000. Remove it.", field=odd)
    return known
