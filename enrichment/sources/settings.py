"""The settings of a source: a request without rows, where its list is, where the fields of an item go, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from enrichment import mapping, schedules
from enrichment.columns.compiled import CompiledColumn, compile_column
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import body_formats, paths, references
from enrichment.engine.template.paths import EVERY, Path
from enrichment.engine.template.references import Names
from enrichment.mapping import Field
from enrichment.models import Connection, Source, SourceRun
from enrichment.schema import HttpConfig, problems_of, unstorable
from tables import columns as table_columns
from tables import names
from tables.imports import fetched
from tables.keys import Matching
from tables.models import Column, Import, Table
from workspaces import audit
from workspaces.models import User
from workspaces.refusals import Refused

KIND = "http"
REQUEST = (  # what of the settings of an HTTP column a source has, too
    *("connection_id", "method", "url", "query", "headers", "body_format", "body", "form", "remove_null"),
    *("rate_limit", "timeout_ms", "follow_redirects", "answer", "success_if", "poll", "pages", "retry"),
)
SETTINGS = ("config", "columns", "key", "on_match", "keep_blank")  # that say what a run does


@dataclass(frozen=True, slots=True)
class Draft:
    """Settings that would run, saved or not."""

    table: Table
    compiled: CompiledColumn
    connection: Connection | None
    items: Path | None  # where the list is in an answer; None: it is one
    fields: Sequence[Field]
    matching: Matching  # its key by the names of columns

    @property
    def config(self) -> dict[str, Any]:
        """Returns the config of the API."""
        request = self.compiled.config.model_dump(include={*REQUEST})
        return request | {"items": self.items.text if self.items else ""}


def draft(table: Table, given: Mapping[str, Any]) -> Draft:
    """Returns what these settings, those of `SETTINGS`, would do. Raises InvalidSettings with every problem."""
    problems: list[Problem] = []
    config, items = _config(given.get("config") or {}, problems)
    compiled = _compiled(config, problems) if config else None
    connection = connection_settings.chosen(table.workspace_id, config.connection_id, problems) if config else None
    fields, matching = _fields(table, given.get("columns") or [], problems), _matching(given, problems)
    if matching and not any(problem.field.startswith(mapping.FIELD) for problem in problems):
        matching = _of_fields(matching, fields, problems)
    if compiled is None or matching is None or any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    return Draft(table, compiled, connection, items, fields, matching)


def of_source(source: Source) -> Draft:
    """Returns what the source does as it is stored. Raises InvalidSettings where that no longer holds."""
    return draft(source.table, shown(source))


def _config(given: Mapping[str, Any], problems: list[Problem]) -> tuple[HttpConfig | None, Path | None]:
    request = {name: value for name, value in given.items() if name not in ("items", "confirm_host")}
    problems += [Problem("A source has no such setting.", name) for name in request if name not in REQUEST]
    items = _items(given, problems)
    pages = request.get("pages")
    if isinstance(pages, Mapping):
        request["pages"] = {**pages, "items": items.text if items else ""}
    try:
        config = HttpConfig(**{name: request[name] for name in REQUEST if name in request}, auto_update=False)
    except ValidationError as error:
        problems += problems_of(error)
        return None, items
    problems += unstorable(config.model_dump())
    return config, items


def _items(given: Mapping[str, Any], problems: list[Problem]) -> Path | None:
    pages = given.get("pages")
    text = given.get("items") or (pages.get("items") if isinstance(pages, Mapping) else "") or ""
    try:
        items = paths.compile(text) if isinstance(text, str) and text.strip() else None
    except InvalidSettings as error:
        problems += [replace(problem, field="items") for problem in error.problems]
        return None
    if items and (items.query or EVERY in items.steps):
        words = "The list has one place, such as data.items: * and JSONPath can't be used here."
        problems.append(Problem(words, "items"))
    return items


def _compiled(config: HttpConfig, problems: list[Problem]) -> CompiledColumn | None:
    rows = [problem for text in _texts(config) for problem in _of_rows(*text, with_cursor=_has_cursor(config))]
    if rows:
        problems += rows
        return None
    try:
        return compile_column(config, Names({}))
    except InvalidSettings as error:
        problems += [problem for problem in error.problems if problem.field != "pages.items"]
        return None


def _has_cursor(config: HttpConfig) -> bool:
    return config.pages is not None and config.pages.by == "cursor"


def _texts(config: HttpConfig) -> list[tuple[str, str]]:
    """Returns (field, text) of everything that is sent."""
    used = body_formats.in_use(config.model_dump())
    lists = {"query": config.query, "headers": config.headers, **({"form": config.form} if used == "form" else {})}
    values = [(f"{name}.{n}.value", item.value) for name, items in lists.items() for n, item in enumerate(items)]
    return [("url", config.url), *values, *([("body", config.body or "")] if used == "body" else [])]


def _of_rows(field: str, text: str, *, with_cursor: bool) -> list[Problem]:
    """Returns a problem for each reference to a row, which a source has not."""
    problems = []
    for found in references.find(text):
        if found.text.startswith("secret.") or (with_cursor and found.text == "cursor"):
            continue
        line, column = references.place(text, found.start)
        message = f"A source makes rows and has none to take “{found.text}” from. Write the value itself."
        length = found.end - found.start
        problems.append(Problem(message, field, line, column, found.start, length, reference=found.text))
    return problems


def _fields(table: Table, given: Any, problems: list[Problem]) -> list[Field]:
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        problems.append(Problem('Send a list such as [{"path": "name", "column": "Company"}].', mapping.FIELD))
        return []
    try:
        return mapping.checked(table, given)
    except InvalidSettings as error:
        problems += error.problems
        return []


def _matching(given: Mapping[str, Any], problems: list[Problem]) -> Matching | None:
    key, on_match = given.get("key") or [], given.get("on_match")
    key = key if isinstance(key, list) else [key]
    try:
        keep_blank = bool(given.get("keep_blank", True))
        return Matching(key, on_match=on_match or ("update" if key else "add"), keep_blank=keep_blank)
    except Refused as refusal:
        problems.append(Problem(str(refusal), refusal.field))
        return None


def _of_fields(matching: Matching, fields: Sequence[Field], problems: list[Problem]) -> Matching | None:
    """Returns it with the names of columns that a field goes into."""
    found: list[str] = []
    for wanted in matching.key:
        columns = [field.column for field in fields]
        named = next((item for item in columns if item.name == wanted), None)
        column = named or next((item for item in columns if str(item.pk) == str(wanted)), None)
        if column is None:
            problems.append(Problem(f"No field goes into “{str(wanted)[:60]}”, by which rows are to match.", "key"))
            return None
        found.append(column.name)
    return replace(matching, key=found)


def create(table: Table, user: User | None, name: str, given: Mapping[str, Any]) -> Source:
    """Raises InvalidSettings, and then nothing is made."""
    return save(Source(table=table, created_by=user, config={}), name, given)


def save(source: Source, name: str, given: Mapping[str, Any]) -> Source:
    """Stores all settings, and its schedule where there is one; makes columns that are new.

    Raises InvalidSettings or Refused, and then nothing is stored.
    """
    name = names.given(name)
    if not name:
        raise InvalidSettings([Problem("Enter a name for the source.", "name")])
    found, times = draft(source.table, given), _times(given.get("schedule"))
    confirmed = (given.get("config") or {}).get("confirm_host")
    with transaction.atomic():
        connection_settings.confirm(found.connection, found.compiled.request.url.fixed_host, confirmed)
        fields = mapping.save_new(found.fields)
        by_name = {field.column.name: field.column.pk for field in fields}
        source.name, source.connection, source.config = name, found.connection, found.config
        source.columns, source.key = mapping.as_stored(fields), [by_name[str(item)] for item in found.matching.key]
        source.on_match, source.keep_blank = found.matching.on_match, found.matching.keep_blank
        _set_times(source, times)
        action = "source.changed" if source.pk else "source.created"
        source.save()
        audit.note(source.table.workspace_id, action, f"{name} of {source.table.name}", source.pk)
    return source


def _times(given: Mapping[str, Any] | None) -> schedules.Times | None:
    return None if given is None else schedules.parsed(schedules.Times, given)


def _set_times(source: Source, times: schedules.Times | None) -> None:
    stored = times and times.model_dump(mode="json")
    if stored == source.schedule:
        return
    source.schedule, source.refusal = stored, ""
    source.due_at = times.recurrence.after(timezone.now()) if times else None


def delete(source: Source) -> None:
    """Deletes it with its history; rows and imports stay. What is being fetched comes to nothing."""
    with transaction.atomic():
        fetching = SourceRun.objects.filter(source=source, import_job__state=Import.State.FETCHING)
        imports = [run.import_job for run in fetching.select_related("import_job")]
        audit.note(source.table.workspace_id, "source.deleted", f"{source.name} of {source.table.name}", source.pk)
        source.delete()  # before, so that nobody is told of the end as of a failure
        for import_ in imports:
            fetched.fail(import_, "The source was deleted while it was fetched. Nothing was changed.")


def shown(source: Source) -> dict[str, Any]:
    """Returns the settings as the API gives them, with the names of columns; those of deleted ones are left out."""
    key = {column.pk: column.name for column in Column.objects.filter(table=source.table, pk__in=source.key)}
    return {
        "config": {**source.config, "connection_id": source.connection_id},
        "columns": mapping.as_shown(source.table, source.columns),
        "key": [key[pk] for pk in source.key if pk in key],
        "on_match": source.on_match,
        "keep_blank": source.keep_blank,
    }


def schedule(source: Source) -> dict[str, Any] | None:
    """Returns the schedule of the API, with when the source is fetched next; None without one."""
    if source.schedule is None:
        return None
    known = {"next_at": source.due_at, "ran_at": source.ran_at, "refusal": source.refusal or None}
    return {**source.schedule, **known}


def as_json(source: Source) -> dict[str, Any]:
    """Returns the source of the API, without its runs."""
    return {
        "id": source.pk,
        "table_id": source.table_id,
        "name": source.name,
        "kind": KIND,
        **shown(source),
        "schedule": schedule(source),
        "created_at": source.created_at,
    }


def defaults() -> dict[str, Any]:
    """Returns the settings of a new source."""
    config = HttpConfig(auto_update=False).model_dump(include={*REQUEST}) | {"items": ""}
    return {"config": config, "columns": [], "key": [], "on_match": "add", "keep_blank": True}


def fillable(table: Table) -> list[Column]:
    """Returns the columns that fields can go into."""
    return [column for column in table_columns.live(table) if not column.is_computed]
