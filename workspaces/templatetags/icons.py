"""Icons of the sprite that the front end's build makes."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Returns an icon that screen readers skip: the text beside it, or the button's label, says what it means."""
    address = static("build/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', address, name)
