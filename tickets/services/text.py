"""The limit of everything that people type at length."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid

MOST_TEXT = 5_000
"""Characters; a page of A4 holds about 1,500 Chinese ones."""


def too_long(text: str) -> Any | None:
    """What is wrong with the length of a text, in words, or None."""
    return (
        _("At most %(most)d characters.") % {"most": MOST_TEXT} if len(text) > MOST_TEXT else None
    )


def check_length(name: str, text: str, errors: dict[str, list[Any]]) -> None:
    """Add an error under ``name`` when the text is too long."""
    problem = too_long(text)
    if problem is not None:
        errors[name] = [problem]


def check_note(note: str) -> None:
    """``Invalid`` when an optional note is too long."""
    errors: dict[str, list[Any]] = {}
    check_length("note", note, errors)
    if errors:
        raise Invalid(_("The note is too long."), fields=errors)
