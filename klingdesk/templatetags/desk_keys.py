"""The windows that every page can open: ``{% load desk_keys %}``."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from klingdesk.core.roles import Role, roles_of
from klingdesk.palette.places import places_for

register = template.Library()


@register.simple_tag(takes_context=True)
def keys_and_palette(context: dict[str, Any]) -> SafeString:
    """The list of keys and the command palette. Both are on every page and the same for all who
    have the same roles and language, so they are rendered once for them."""
    return _windows(roles_of(context["user"]), get_language())


@cache
def _windows(roles: frozenset[Role], language: str | None) -> SafeString:
    """In the language of this moment, which is ``language``."""
    places = [place for place in places_for(roles) if place.key]
    keys = render_to_string("desk/frame/shortcuts.html", {"places": places})
    return SafeString(keys + render_to_string("desk/frame/palette.html"))
