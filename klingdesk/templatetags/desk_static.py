"""Static files for pages that must stand when the static files do not."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
def careful_static(path: str) -> str:
    """Like ``{% static %}``, but an unknown file gives its plain address instead of an error.

    With hashed names ``static`` raises where files were never collected; an error page that
    raised for it would hide the first error behind a second.
    """
    try:
        return static(path)
    except (ValueError, OSError):
        return f"{settings.STATIC_URL}{path}"
