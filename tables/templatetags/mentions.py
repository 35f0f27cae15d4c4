"""How many mentions somebody has not seen, for the head of every page."""

from django import template

from tables import mentions
from workspaces.actors import Actor

register = template.Library()


@register.simple_tag
def unread_mentions(actor: Actor) -> int:
    """Returns their number in the workspace that is open."""
    return mentions.unread(actor).count()
