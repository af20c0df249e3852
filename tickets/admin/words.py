"""What happened, how a date was counted and how much time is left: facts turned into words.

Pure presentation: no query, no clock. Words follow the language that is active at the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from django.utils import dateformat, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, pgettext

from klingdesk.core.days import DayKind
from tickets.models.labels import ContactChannel, ContactResult, Priority, ResolutionCode
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


class Event(Protocol):
    """What ``event_words`` reads of a ``TicketEvent``."""

    @property
    def code(self) -> str: ...
    @property
    def old(self) -> Any: ...
    @property
    def new(self) -> Any: ...


def weekday_words(day: date) -> str:
    """周三, Wed."""
    names = (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )
    return names[day.weekday()]


def date_words(day: date) -> str:
    """11月25日 周三; English: Wed 25 Nov."""
    return _("%(weekday)s %(date)s") % {
        "weekday": weekday_words(day),
        "date": dateformat.format(day, pgettext("date format", "j M")),
    }


def due_words(instant: datetime) -> str:
    """A due instant on the desk's clock: 11月25日 周三 18:00."""
    local = timezone.localtime(instant)
    return f"{date_words(local.date())} {local:%H:%M}"


def moment_words(instant: datetime) -> str:
    """An instant of the past on the desk's clock, with its year: 2026-11-25 18:00."""
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M}"


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
    reason = _day_reason(str(day.get("why", "")), str(day.get("name") or ""))
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


def _day_reason(why: str, name: str) -> str:
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
    """For example: 2 working days left; today, 3 h left; breached by 1 working day."""
    days = left.working_days
    if left.breached:
        if days:
            return ngettext(
                "breached by %(days)d working day", "breached by %(days)d working days", days
            ) % {"days": days}
        if left.working_minutes:
            return _("breached by %(time)s") % {"time": _minutes(left.working_minutes)}
        return _("breached")
    if days:
        return ngettext("%(days)d working day left", "%(days)d working days left", days) % {
            "days": days
        }
    if left.working_minutes:
        return _("today, %(time)s left") % {"time": _minutes(left.working_minutes)}
    return _("due now")


def _minutes(minutes: int) -> str:
    if minutes >= 60:
        return _("%(hours)d h") % {"hours": minutes // 60}
    return _("%(minutes)d min") % {"minutes": minutes}


# --- events ---------------------------------------------------------------------------------------


def event_words(event: Event, *, teams: Mapping[str, str] | None = None) -> str:
    """What an event of the timeline says, without its time, actor and note.

    ``teams`` gives names for team slugs; a slug it does not have is shown as it is. An unknown
    code is shown as it is.
    """
    old: Mapping[str, Any] = event.old if isinstance(event.old, dict) else {}
    new: Mapping[str, Any] = event.new if isinstance(event.new, dict) else {}
    match event.code:
        case "ticket.handed_over":
            return _handed_over(new)
        case "ticket.routed":
            slug = str(new.get("team", ""))
            return _("Routed to %(team)s") % {"team": (teams or {}).get(slug, slug)}
        case "ticket.claimed":
            return _("Taken")
        case "ticket.released":
            return _("Given back to the queue")
        case "ticket.contacted":
            return _contacted(new)
        case "ticket.noted":
            return _("Note")
        case "ticket.resolved":
            return _("Resolved: %(code)s") % {"code": _label(ResolutionCode, new.get("code"))}
        case "ticket.chased":
            return _chased(old, new)
        case "ticket.revealed":
            return _("Account ID and contact details revealed")
        case _:
            return _sla_words(event.code, new)


def _sla_words(code: str, new: Mapping[str, Any]) -> str:
    match code:
        case "sla.met":
            return _("Promise kept in time")
        case "sla.missed":
            return _("Promise kept too late")
        case "sla.due_soon":
            return _with_due(_("Due within a working day"), new)
        case "sla.last_call":
            return _with_due(_("Due within two working hours"), new)
        case "sla.breached":
            return _with_due(_("Promise breached"), new)
        case "sla.overdue_day":
            return _("Breached by a working day")
        case _:
            return code


def _handed_over(new: Mapping[str, Any]) -> str:
    due = _instant(new.get("due_at"))
    if due is None:
        return _("Handed over without a promise")
    return _("Handed over; answer promised until %(due)s") % {"due": due_words(due)}


def _contacted(new: Mapping[str, Any]) -> str:
    words = _("%(kind)s: %(result)s") % {
        "kind": _label(ContactChannel, new.get("kind")),
        "result": _label(ContactResult, new.get("result")),
    }
    again = _instant(new.get("next_try_at"))
    if again is None:
        return words
    return _("%(contact)s; next try %(time)s") % {"contact": words, "time": due_words(again)}


def _chased(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    words = _("Chased by the user (chase %(number)s)") % {"number": new.get("chases", "?")}
    if old.get("priority") == new.get("priority"):
        return words
    return _("%(chase)s; priority is now %(priority)s") % {
        "chase": words,
        "priority": _label(Priority, new.get("priority")),
    }


def _with_due(words: str, new: Mapping[str, Any]) -> str:
    due = _instant(new.get("due_at"))
    if due is None:
        return words
    return _("%(words)s (%(due)s)") % {"words": words, "due": due_words(due)}


def _instant(text: Any) -> datetime | None:
    """An instant out of an event's JSON; None for anything that is none."""
    try:
        found = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _label(choices: Any, value: Any) -> str:
    return str(dict(choices.choices).get(value, value))
