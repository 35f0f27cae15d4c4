"""Between the form of a source and the settings of the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from enrichment import mapping
from enrichment.engine.shapes.words import duration
from enrichment.panel import forms, schedule, shapes, summaries
from enrichment.schema import HttpConfig
from enrichment.sources.settings import REQUEST
from tables.models import Column
from tables.values import as_text

NEW = "new"  # what a field goes into: a column that is to be made, named after the field or as it is written behind it
STORED = "stored"  # the key of several columns that the source has, which the form only takes as a whole
_EXAMPLE = 40  # characters


def settings(form: QueryDict, base: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings of the API over `base`; what is wrong with them, they say themselves."""
    whole = HttpConfig().model_dump() | dict(base["config"])
    typed = forms.column_settings(form, whole) | shapes.settings(form)
    config = {name: typed[name] for name in REQUEST} | {"items": forms.text(form, "items")}
    if "confirm_host" in typed:
        config["confirm_host"] = typed["confirm_host"]
    key = forms.text(form, "key")
    return {
        "config": config,
        "columns": columns(form),
        "key": _key(key, base["key"]),
        "on_match": form.get("on_match", "update") if key else "add",
        "keep_blank": "empties" not in form,
        "schedule": _times(form),
    }


def _key(typed: str, stored: Sequence[str]) -> list[int | str]:
    if typed == STORED:
        return list(stored)
    return [int(typed) if typed.isdecimal() else typed.removeprefix(f"{NEW}:")] if typed else []


def _times(form: QueryDict) -> dict[str, Any] | None:
    typed = schedule.given(form)
    return typed and {name: value for name, value in typed.items() if name != "rows"}


def columns(form: QueryDict) -> list[dict[str, Any]]:
    """Returns where the fields go; a new column has a name, and no type yet."""
    rows = zip(form.getlist("columns.path"), form.getlist("columns.to"), strict=False)
    return [_field(path.strip(), to) for path, to in rows if path.strip() or to]


def _field(path: str, to: str) -> dict[str, Any]:
    if to == NEW:
        return {"path": path, "column": mapping.named(path) if path else "", "is_new": True}
    if to.startswith(f"{NEW}:"):
        return {"path": path, "column": to.removeprefix(f"{NEW}:"), "is_new": True}
    return {"path": path, "column": int(to) if to.isdecimal() else to}


def typed(given: Sequence[Mapping[str, Any]], offered: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the mapping for the settings: new columns have the type of the values that were seen, or text."""
    types = {field["path"]: field["type"] for field in offered}
    return [
        {"path": item["path"], "column": item["column"]}
        | ({"type": types.get(item["path"], "text")} if item.get("is_new") else {})
        for item in given
    ]


def rows(
    given: Sequence[Mapping[str, Any]], fillable: Sequence[Column], offered: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Returns the lines of the form: {"path", "to", "new": name of a new column, "example"}."""
    ids: dict[str | int, int] = {column.name: column.pk for column in fillable}
    ids |= {column.pk: column.pk for column in fillable}
    examples = {field["path"]: field["values"] for field in offered}
    lines = []
    for item in given:
        known = ids.get(item["column"])
        new = "" if known or not item["column"] else str(item["column"])
        to = str(known) if known else f"{NEW}:{new}" if new else ""
        lines.append({"path": item["path"], "to": to, "new": new, "example": example(examples.get(item["path"], ()))})
    return lines


def example(values: Sequence[object]) -> str:
    text = as_text(values[0]) if values else ""
    return text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}…"


def key_choices(
    lines: Sequence[Mapping[str, Any]], fillable: Sequence[Column], stored: Sequence[str]
) -> list[tuple[str, str]]:
    """Returns (value, name) of the columns that a field goes into, and of the stored key where it has several."""
    names = {str(column.pk): column.name for column in fillable}
    choices = [(line["to"], names.get(line["to"]) or line["new"]) for line in lines if line["to"]]
    return choices + ([(STORED, " and ".join(stored))] if stored[1:] else [])


def chosen_key(key: Sequence[int | str], choices: Sequence[tuple[str, str]], stored: Sequence[str]) -> str:
    """Returns the value of the choice that stands for this key, empty for none."""
    if not key or key[1:]:
        return STORED if key and list(key) == list(stored) else ""
    is_name = isinstance(key[0], str)
    return next((value for value, name in choices if str(key[0]) == (name if is_name else value)), "")


def lines(given: Mapping[str, Any], connection_names: Mapping[int, str]) -> dict[str, str]:
    """Returns what each folded section of the form says."""
    config = given["config"]
    whole = HttpConfig().model_dump() | {name: config[name] for name in REQUEST if name in config}
    of_request = summaries.of_sections(whole, connection_names)
    names = [str(item["column"]) for item in given["columns"]]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    by = " and ".join(str(name) for name in given["key"])
    key = f" · matched by {by}, {given['on_match']}" if by else ""
    return {
        **{name: of_request[name] for name in ("request", "sign_in")},
        "list": f"in {config['items']}" if config["items"] else "The answer is the list",
        "columns": (", ".join(names[:3]) + more + key) if names else "None yet",
        "shape": shape(config),
        "speed": " · ".join(part for part in of_request["speed"].split(" · ") if "in parallel" not in part),
        "schedule": schedule.when(given["schedule"]),
    }


def shape(config: Mapping[str, Any]) -> str:
    """Says in one line how the list is fetched."""
    poll, pages = config["poll"], config["pages"]
    parts = []
    if poll:
        text = str(poll["every_ms"])
        parts.append(f"asks every {duration(int(text)) if text.isdecimal() else text}")
    if pages:
        way = dict(shapes.WAYS).get(pages["by"], "")
        parts.append(f"by {way}, at most {pages['max_pages']} pages")
    return " · ".join(parts) or "One request, one answer"
