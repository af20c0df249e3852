"""What the keyboard offers on every page: ``{% load desk_keys %}``."""

from __future__ import annotations

from typing import Any

from django import template

from klingdesk.core.roles import roles_of
from klingdesk.palette.places import Place, places_for

register = template.Library()


@register.simple_tag(takes_context=True)
def places_by_key(context: dict[str, Any]) -> list[Place]:
    """The person's pages that ``g`` and a letter lead to."""
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return []
    return [place for place in places_for(roles_of(user)) if place.key]
