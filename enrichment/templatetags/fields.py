"""Where a setting stands on a form."""

from collections.abc import Mapping
from json import dumps

from django import template

from enrichment.sources.landing import Landing
from tables.values import as_text

register = template.Library()

_USUAL = {"accept", "content-type"}  # what every request has says little
_NAMES = {
    "rate_limit.duration_ms": "rate_limit.duration",
    "timeout_ms": "timeout_s",
    "poll.every_ms": "poll.every_s",
    "poll.for_ms": "poll.for_s",
    "callback.for_ms": "callback.for_min",
    "schedule.on": "schedule.days",
}


@register.filter
def form_field(setting: str) -> str:
    """The name of the field that a setting is entered in, from its path (`retry.max_retries`)."""
    return _NAMES.get(setting, setting)


@register.filter
def folded(headers: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """The headers to show, and the usual ones to fold away where there are several."""
    usual = [(name, value) for name, value in headers.items() if name.lower() in _USUAL]
    hidden = usual if len(usual) > 1 else []
    return {"shown": [item for item in headers.items() if item not in hidden], "folded": hidden}


@register.filter
def of_section(summaries: Mapping[str, str], key: str) -> str:
    """The line that says what a folded section holds."""
    return summaries.get(key, "")


@register.filter
def cell(row: Landing, name: str) -> str:
    """The value of a row in the column of this name, as the grid shows it."""
    return as_text(row.cells.get(name))


@register.filter
def json(value: object) -> str:
    """JSON for an attribute."""
    return dumps(value)
