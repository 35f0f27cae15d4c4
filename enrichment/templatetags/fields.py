"""Where a setting stands on a form."""

from django import template

register = template.Library()

_NAMES = {"rate_limit.duration_ms": "rate_limit.duration"}


@register.filter
def form_field(setting: str) -> str:
    """The name of the field that a setting is entered in, from its path (`retry.max_retries`)."""
    return _NAMES.get(setting, setting)
