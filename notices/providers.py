"""What stands above lends to the notices, which know neither tickets nor teams.

The apps register it when they are ready; without them the desk has usual hours, no audience but
itself, and deliveries go out with the next sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import time
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from klingdesk.core.calendar import WorkingCalendar
from notices.rules.quiet import Hours

Audience = tuple[str, Any]
"""An opaque key such as ``team:credits``, and its name in words."""

WHOLE_DESK = "desk"
"""The audience of every event: a webhook for it is told all of its topics."""

OPENS, CLOSES = time(9), time(18)


def usual_hours() -> Hours:
    return Hours(WorkingCalendar(), OPENS, CLOSES, timezone.get_default_timezone())


_hours: Callable[[], Hours] = usual_hours
_audiences: list[Callable[[], Iterable[Audience]]] = []
_pages: list[tuple[Any, str]] = []
_hint: Callable[[str], None] | None = None
_language: Callable[[Any], str] | None = None


def register_hours(provider: Callable[[], Hours]) -> None:
    """``provider`` gives the desk's working hours at the moment of asking."""
    global _hours
    _hours = provider


def working_hours() -> Hours:
    return _hours()


def register_audiences(provider: Callable[[], Iterable[Audience]]) -> None:
    """``provider`` gives audiences that webhooks may be made for."""
    if provider not in _audiences:
        _audiences.append(provider)


def audiences() -> list[Audience]:
    """Every audience there is, the whole desk first."""
    whole: Audience = (WHOLE_DESK, _("The whole desk"))
    return [whole, *(each for provider in _audiences for each in provider())]


def register_page(label: Any, name: str) -> None:
    """A page for managers about what else leaves the desk, shown beside the webhooks; ``name`` is
    that of its address."""
    if (label, name) not in _pages:
        _pages.append((label, name))


def pages() -> list[tuple[Any, str]]:
    return list(_pages)


def register_language(provider: Callable[[Any], str]) -> None:
    """``provider`` gives the language that the person with that key has chosen, or nothing."""
    global _language
    _language = provider


def language_of(person_id: Any) -> str:
    """The language to tell somebody in: the desk's unless they have chosen one."""
    chosen = _language(person_id) if _language is not None and person_id is not None else ""
    return chosen or settings.LANGUAGE_CODE


def register_hint(send: Callable[[str], None]) -> None:
    """``send`` tells a worker after the commit to run the task of that name soon."""
    global _hint
    _hint = send


def hint(task_name: str) -> None:
    """Ask for a run of the task after the commit; without anybody to ask, its sweep comes."""
    if _hint is not None:
        _hint(task_name)
