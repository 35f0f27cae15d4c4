"""Moments in words."""

from datetime import datetime, timedelta
from math import ceil

from django import template
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.timesince import timesince

register = template.Library()


@register.filter
def ago(moment: datetime) -> str:
    """Returns “just now” or “5 minutes ago”."""
    if timezone.now() - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment, depth=1)} ago"


@register.filter
def left(moment: datetime) -> str:
    """Returns “29 days” or “1 day” for a moment to come, a day that has begun as a whole one."""
    days = max(1, ceil((moment - timezone.now()) / timedelta(days=1)))
    return f"{days} day{pluralize(days)}"
