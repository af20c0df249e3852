"""Checks of what people type wherever they type it: lengths, reasons, plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid

MOST_TEXT = 5_000
"""Characters; a page of A4 holds about 1,500 Chinese ones."""


def too_long(text: str, *, most: int = MOST_TEXT) -> Any | None:
    """What is wrong with the length of a text, in words, or None."""
    return _("At most %(most)d characters.") % {"most": most} if len(text) > most else None


def check_length(
    name: str, text: str, errors: dict[str, list[Any]], *, most: int = MOST_TEXT
) -> None:
    """Add an error under ``name`` when the text has more than ``most`` characters."""
    problem = too_long(text, most=most)
    if problem is not None:
        errors[name] = [problem]


def cleaned(text: str) -> str:
    """Without white space around it, and without the one character that the database refuses."""
    return text.replace("\x00", "").strip()


def check_note(note: str) -> str:
    """An optional note, cleaned; ``Invalid`` when it is too long."""
    clean = cleaned(note)
    errors: dict[str, list[Any]] = {}
    check_length("note", clean, errors)
    if errors:
        raise Invalid(_("The note is too long."), fields=errors)
    return clean


def check_reason(name: str, text: str, errors: dict[str, list[Any]]) -> str:
    """A reason that must be given, cleaned; adds an error under ``name`` when it is not."""
    reason = cleaned(text)
    if reason:
        check_length(name, reason, errors)
    else:
        errors[name] = [_("Say why: the next person reads it in the timeline.")]
    return reason


def check_plan(next_try_at: datetime, *, now: datetime, errors: dict[str, list[Any]]) -> None:
    """Add an error under ``next_try_at`` when it is over already."""
    if next_try_at <= now:
        errors["next_try_at"] = [_("The next try lies in the past.")]
