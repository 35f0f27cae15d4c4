"""Moments in words."""

from datetime import datetime, timedelta
from math import ceil

from django import template
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.formats import date_format

SHOWN_AS_DATE = 30  # days

register = template.Library()


@register.filter
def ago(moment: datetime) -> str:
    """Returns “just now”, “5 min ago”, “3 h ago”, “2 days ago”, and the date after a month.

    `frontend/ui/format.js` does, too.
    """
    minutes = int((timezone.now() - moment) / timedelta(minutes=1))
    hours, days = minutes // 60, minutes // (60 * 24)
    if minutes < 1:
        return "just now"
    if hours < 1:
        return f"{minutes}\u00a0min ago"
    if days < 1:
        return f"{hours}\u00a0h ago"
    if days < SHOWN_AS_DATE:
        return f"{days}\u00a0day{pluralize(days)} ago"
    return f"on {date_format(moment, 'j M Y')}"


@register.filter
def left(moment: datetime) -> str:
    """Returns “29 days” or “1 day” for a moment to come, a day that has begun as a whole one."""
    days = max(1, ceil((moment - timezone.now()) / timedelta(days=1)))
    return f"{days} day{pluralize(days)}"
