"""What the frame of a page is put together from: ``{% load desk_frame %}``."""

from __future__ import annotations

from functools import cache

from django import template
from django.conf import settings
from django.utils.translation import get_language, get_language_info

register = template.Library()


@register.simple_tag
def other_languages() -> tuple[tuple[str, str], ...]:
    """The languages to switch to: code, and name in that language."""
    return _others_than(get_language())


@cache
def _others_than(current: str | None) -> tuple[tuple[str, str], ...]:
    return tuple(
        (code, get_language_info(code)["name_local"])
        for code, _name in settings.LANGUAGES
        if code != current
    )
