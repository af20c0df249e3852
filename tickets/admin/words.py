"""How a date was counted and how much time is left: facts turned into words.

Pure presentation: no query, no clock. Words follow the language that is active at the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from klingdesk.core.days import DayKind
from klingdesk.moments import date_words, duration_words
from tickets.rules.sla import TimeLeft

# Names that the calendar gives its holidays; listed so that the catalogue holds them.
HOLIDAY_NAMES = (
    gettext_noop("New Year's Day"),
    gettext_noop("Spring Festival"),
    gettext_noop("Tomb-sweeping Day"),
    gettext_noop("Labour Day"),
    gettext_noop("Dragon Boat Festival"),
    gettext_noop("Mid-autumn Festival"),
    gettext_noop("National Day"),
    gettext_noop("Anti-Fascist 70th Day"),
)
_NAMED_BY_CALENDAR = frozenset({DayKind.HOLIDAY, DayKind.MAKE_UP, DayKind.FIXED_HOLIDAY})


# --- how a due date was counted -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DayInWords:
    """One line of the explanation of a due date."""

    date: str
    counted: bool
    words: str
    provisional: bool


def day_words(day: Mapping[str, Any], number: int | None = None) -> str:
    """One date of a clock's ``days`` (``date, counted, why, name, provisional``) in words.

    ``number`` is which counted day it is: "counted: working day 2"; without it only that it
    counts.
    """
    reason = reason_words(str(day.get("why", "")), str(day.get("name") or ""))
    if not day.get("counted"):
        words = _("not counted: %(reason)s") % {"reason": reason}
    elif number is None:
        words = _("counted: %(reason)s") % {"reason": reason}
    elif day.get("why") == DayKind.WORKDAY:
        words = _("counted: working day %(number)d") % {"number": number}
    else:
        words = _("counted: working day %(number)d (%(reason)s)") % {
            "number": number,
            "reason": reason,
        }
    if day.get("provisional"):
        return _("%(words)s (provisional: the holiday notice is still to come)") % {"words": words}
    return words


def days_words(days: Iterable[Mapping[str, Any]]) -> list[DayInWords]:
    """All dates of a clock in words, the counted ones numbered from 1."""
    lines = []
    number = 0
    for day in days:
        counted = bool(day.get("counted"))
        number += counted
        lines.append(
            DayInWords(
                date=date_words(date.fromisoformat(str(day["date"]))),
                counted=counted,
                words=day_words(day, number if counted else None),
                provisional=bool(day.get("provisional")),
            )
        )
    return lines


def reason_words(why: str, name: str) -> str:
    """Why a date is or is not a working day: ``why`` and ``name`` as in a clock's ``days``."""
    shown = _(name) if name and why in _NAMED_BY_CALENDAR else name
    match why:
        case DayKind.WORKDAY:
            return _("working day")
        case DayKind.WEEKEND:
            return _("weekend")
        case DayKind.HOLIDAY | DayKind.FIXED_HOLIDAY:
            return shown or _("public holiday")
        case DayKind.MAKE_UP:
            if shown:
                return _("make-up workday for %(holiday)s") % {"holiday": shown}
            return _("make-up workday")
        case DayKind.OVERRIDE_WORKING:
            return shown or _("working day set by the desk")
        case DayKind.OVERRIDE_REST:
            return shown or _("day off set by the desk")
        case _:
            return why


# --- time left ------------------------------------------------------------------------------------


def time_left_words(left: TimeLeft) -> str:
    """For example: 2 working days left; 3 h left; breached by 1 working day."""
    days = left.working_days
    if left.breached:
        if days:
            return ngettext(
                "breached by %(days)d working day", "breached by %(days)d working days", days
            ) % {"days": days}
        if left.working_minutes:
            return _("breached by %(time)s") % {"time": _roughly(left.working_minutes)}
        return _("breached")
    if days:
        return ngettext("%(days)d working day left", "%(days)d working days left", days) % {
            "days": days
        }
    if left.working_minutes:
        return _("%(time)s left") % {"time": _roughly(left.working_minutes)}
    return _("due now")


def _roughly(minutes: int) -> str:
    """Whole hours from the first one on: the minutes would change with every look."""
    return duration_words(minutes if minutes < 60 else minutes // 60 * 60)
