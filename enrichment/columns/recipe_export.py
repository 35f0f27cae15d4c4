"""A column's recipe, without secrets: those of its connection, and those that somebody typed into its settings."""

import re
from collections.abc import Mapping
from typing import Any

from enrichment import graph
from enrichment.columns import lifecycle
from enrichment.columns.recipes import OF_HERE, VERSION, references_in
from enrichment.connections import settings as connection_settings
from enrichment.connections.redaction import Redactor
from enrichment.engine.auth import kinds
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import body_formats, references
from enrichment.models import Connection, HttpColumn
from tables.models import Column, ColumnType

_PRIVATE = r"authorization|cookie|passw|pwd|secret|token|api[-_ ]?key|apikey|^key$|signature|credential"
_PRIVATE_IN_TEXT = re.compile(
    rf"""(["']?[\w-]*(?:{_PRIVATE.replace("^key$|", "")})[\w-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|[^\s"&,{{}}]+)""",
    re.IGNORECASE,
)
_PRIVATE_ELEMENT = re.compile(rf"(<[\w:.-]*(?:{_PRIVATE})[\w:.-]*(?:\s[^<>]*)?>)[^<>{{}}]+(?=</)", re.IGNORECASE)
_BODIES: dict[str, Any] = {"body": None, "form": []}  # the settings of a body, empty
_KEPT = frozenset(
    {"run_if", "success_if", "condition", "until", "failed_if", "token_path", "refresh_path"}
)  # formulas and places


def export(column: Column) -> dict[str, Any]:
    """Returns the content of the file. Raises InvalidSettings for a plain column, which has no settings, and for a
    look-up, whose settings are about another table of here.
    """
    if column.type == ColumnType.LOOKUP:
        words = f"“{column.name}” looks into another table of this workspace. Its settings make no sense elsewhere."
        raise InvalidSettings([Problem(words)])
    if not column.is_computed:
        words = f"“{column.name}” holds values that people enter. It has no settings to export."
        raise InvalidSettings([Problem(words)])
    config = {key: value for key, value in lifecycle.shown(column).items() if key not in OF_HERE}
    if "body_format" in config:
        config |= {name: unused for name, unused in _BODIES.items() if name != body_formats.in_use(config)}
    if "source" in config:
        config["source"] = graph.names_of(column.table_id).get(config["source"], "")
    http = HttpColumn.objects.filter(column=column).select_related("connection").first()
    connection = http.connection if http else None
    redact = Redactor(connection_settings.opened(connection) if connection else {})
    return {
        "marl": "column",
        "version": VERSION,
        "name": column.name,
        "type": column.type,
        "config": _without_secrets(config, redact) if http else config,
        "columns": _names_in(column, config),
        "connection": _connection(connection, redact) if connection else None,
    }


def _connection(connection: Connection, redact: Redactor) -> dict[str, Any]:
    config = kinds.defaults(connection.kind) | connection.config
    config.pop("allowed_hosts")
    return {
        "name": connection.name,
        "kind": connection.kind,
        "config": _without_secrets(config, redact),
        "secrets": sorted(connection_settings.opened(connection)),
    }


def _without_secrets(value: Any, redact: Redactor, name: str = "") -> Any:
    """Leaves out a connection's secrets in any form, and what was written into a field that is named like one."""
    if isinstance(value, dict):
        named = str(value["name"]) if set(value) == {"name", "value"} else ""
        cleaned = {key: _without_secrets(item, redact, named if key == "value" else "") for key, item in value.items()}
        return cleaned | {key: value[key] for key in _KEPT & value.keys()}
    if isinstance(value, list):
        return [_without_secrets(item, redact) for item in value]
    if not isinstance(value, str):
        return value
    if re.search(_PRIVATE, name, re.IGNORECASE) and not references.find(value):
        return ""
    return redact(_PRIVATE_ELEMENT.sub(r"\1", _PRIVATE_IN_TEXT.sub(_emptied, value)))


def _emptied(assignment: re.Match[str]) -> str:
    name, value = assignment.groups()
    if references.find(value):
        return assignment[0]
    return name + ('""' if value.startswith('"') or ":" in name else "")


def _names_in(column: Column, config: Mapping[str, Any]) -> list[str]:
    """Returns the names of the columns that it refers to."""
    names = graph.names_of(column.table_id)
    ids = {name: pk for pk, name in names.items()}
    targets = [references.split(text, ids) for text in references_in(config)]
    return sorted({names[target[0]] for target in targets if target})
