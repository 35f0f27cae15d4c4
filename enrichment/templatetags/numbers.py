"""Numbers as people read them."""

import json

from django import template

register = template.Library()


@register.filter
def grouped(number: int | str) -> str:
    """104212 → 104,212; nothing for a number that is not known"""
    return f"{number:,}" if isinstance(number, int) else ""


@register.filter
def duration(seconds: float) -> str:
    """A rough length of time: “about 3 min”."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"about {round(seconds / size):,} {unit}"
    return f"about {max(1, round(seconds))} s"


@register.filter
def pretty(value: object) -> str:
    """JSON on several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False)
